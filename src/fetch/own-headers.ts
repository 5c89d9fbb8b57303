import type { HeaderList } from '../call/header-list.ts'
import { argumentError } from './argument-error.ts'

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const badValue = /[^\t\x20-\x7e\x80-\xff]/
const outerSpace = /^[\t\n\r ]+|[\t\n\r ]+$/g
const digits = /^\d+$/

/** Headers that belong to one connection, or that the transport writes itself: a caller's are dropped, as a browser drops them. */
const dropped: ReadonlySet<string> = new Set(['host', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])

/** The headers that the caller gave, checked: names as written, and once more in lower case. */
export class OwnHeaders {
  /** Names and values in turn; each name once, whatever its case, except for `set-cookie`. */
  readonly list: string[] = []
  /** The names in lower case, in the order of the list. */
  readonly names: string[] = []
  /** The caller's `content-length`, which is not in the list: the transport counts for itself. */
  contentLength: number | undefined
  /** The list with the automatic headers, once somebody asked; by protocol, http first. */
  readonly wire: [HeaderList | undefined, HeaderList | undefined] = [undefined, undefined]

  /** Whether there is such a header; `name` in lower case. */
  has(name: string): boolean {
    return this.names.includes(name)
  }

  /** Adds a header that is known to be right; `name` in lower case. */
  add(name: string, value: string): void {
    this.names.push(name)
    this.list.push(name, value)
  }

  /**
   * Adds a header of the caller's; values of one name are joined.
   *
   * @throws TypeError when it cannot be sent.
   */
  append(service: string, name: string, text: string): void {
    if (!token.test(name)) throw argumentError(service, 'init.headers', 'a header name', name)
    const value = text.replace(outerSpace, '')
    if (badValue.test(value)) throw argumentError(service, `init.headers.${name}`, 'a header value', text)
    const lower = name.toLowerCase()
    if (dropped.has(lower)) return
    switch (lower) {
      case 'content-length':
        this.#announce(service, value)
        return
      case 'expect':
        throw argumentError(service, 'init.headers.expect', 'no expect header: the body is sent at once', value)
      case 'connection':
        if (!value.split(',').every((option) => token.test(option.trim()))) {
          throw argumentError(service, 'init.headers.connection', "connection options such as 'close'", value)
        }
        break
      default:
    }
    const known = lower === 'set-cookie' ? -1 : this.names.indexOf(lower)
    if (known === -1) {
      this.names.push(lower)
      this.list.push(name, value)
    } else {
      this.list[known * 2 + 1] += `${lower === 'cookie' ? '; ' : ', '}${value}`
    }
  }

  /** A copy without some headers; `names` in lower case. */
  without(names: ReadonlySet<string>): OwnHeaders {
    const copy = new OwnHeaders()
    for (const [i, name] of this.names.entries()) {
      if (names.has(name)) continue
      copy.names.push(name)
      copy.list.push(this.list[i * 2] as string, this.list[i * 2 + 1] as string)
    }
    return copy
  }

  #announce(service: string, value: string): void {
    const bytes = digits.test(value) ? Number(value) : Number.NaN
    if (!Number.isSafeInteger(bytes) || (this.contentLength !== undefined && this.contentLength !== bytes)) {
      throw argumentError(service, 'init.headers.content-length', 'a number of bytes, once', value)
    }
    this.contentLength = bytes
  }
}

/** No headers of the caller's. */
export const noOwnHeaders: OwnHeaders = new OwnHeaders()

/**
 * Reads what fetch takes as headers: a `Headers` object, anything that iterates over pairs, or a record.
 *
 * @param service for messages.
 * @param headers what came.
 * @throws TypeError when a name or a value cannot be sent.
 */
export function readHeaders(service: string, headers: unknown): OwnHeaders {
  if (typeof headers !== 'object' || headers === null) {
    throw argumentError(service, 'init.headers', 'a Headers object, a record, or a list of pairs', headers)
  }
  const own = new OwnHeaders()
  if (Symbol.iterator in headers) {
    for (const pair of headers as Iterable<unknown>) {
      const [name, value] = readPair(service, pair)
      own.append(service, toByteString(service, name), toByteString(service, value))
    }
    return own
  }
  for (const name of Object.keys(headers)) {
    own.append(service, name, toByteString(service, (headers as Record<string, unknown>)[name], name))
  }
  return own
}

function readPair(service: string, pair: unknown): readonly unknown[] {
  const isIterable = typeof pair === 'object' && pair !== null && Symbol.iterator in pair
  const entries = Array.isArray(pair) ? pair : isIterable ? [...(pair as Iterable<unknown>)] : undefined
  if (entries?.length !== 2) throw argumentError(service, 'init.headers', 'pairs of a name and a value', pair)
  return entries
}

function toByteString(service: string, value: unknown, name?: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'symbol') {
    throw argumentError(service, name === undefined ? 'init.headers' : `init.headers.${name}`, 'a text', value)
  }
  return String(value)
}
