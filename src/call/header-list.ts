/**
 * Headers on their way out: names and values in turn, as they go over the wire. Names keep the case that the caller wrote; looking
 * one up ignores it.
 */
export type HeaderList = readonly string[]

/** No headers. */
export const noHeaders: HeaderList = Object.freeze([])

/**
 * The first value of a header.
 *
 * @param headers where to look.
 * @param name in lower case.
 */
export function headerOf(headers: HeaderList, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const written = headers[i] as string
    // Nearly always it is in lower case already; making it so costs more than everything else here.
    if (written === name || (written.length === name.length && written.toLowerCase() === name)) return headers[i + 1]
  }
  return undefined
}

/**
 * A copy in which a header has one value, in place of whatever it had.
 *
 * @param headers the list; it is not changed.
 * @param name as it shall be written.
 * @param value the value, or `undefined` to leave the header out.
 */
export function withHeader(headers: HeaderList, name: string, value: string | undefined): HeaderList {
  const wanted = name.toLowerCase()
  const copy: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() !== wanted) copy.push(headers[i] as string, headers[i + 1] as string)
  }
  if (value !== undefined) copy.push(name, value)
  return copy
}

/**
 * The headers as a record, in the same order; a name that is there several times has an array.
 *
 * @param headers names and values in turn.
 */
export function headerRecord(headers: HeaderList): Record<string, string | string[]> {
  const found = new Map<string, string | string[]>()
  for (let i = 0; i < headers.length; i += 2) {
    const [name, value] = [headers[i] as string, headers[i + 1] as string]
    const before = found.get(name)
    found.set(name, before === undefined ? value : [...(typeof before === 'string' ? [before] : before), value])
  }
  // Not by assignment: a header may be called "__proto__".
  return Object.fromEntries(found)
}

/** Headers of a reply: names in lower case, a name that came several times with an array. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * A header of a reply as one text.
 *
 * @param headers where to look.
 * @param name in lower case.
 * @returns its value, several joined with `', '`.
 */
export function replyHeader(headers: ReplyHeaders, name: string): string | undefined {
  const value: unknown = headers[name]
  if (value === undefined || typeof value === 'string') return value
  // What every object has, such as "constructor", is no header.
  return Array.isArray(value) ? value.join(', ') : undefined
}

/** Whether headers have an `idempotency-key` that says something: an empty one declares nothing. */
export function hasIdempotencyKey(headers: HeaderList): boolean {
  return (headerOf(headers, 'idempotency-key') ?? '').trim() !== ''
}
