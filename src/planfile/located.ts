/** Where something stands in a text: offsets, the end left out. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A value as a file holds it, with where it stands. */
export type Located = LocatedScalar | LocatedList | LocatedMap

/** A text, a number, `true`, `false` or `null`. */
export interface LocatedScalar extends Span {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
}

/** A list. */
export interface LocatedList extends Span {
  readonly kind: 'list'
  readonly items: readonly Located[]
}

/** Values by name. */
export interface LocatedMap extends Span {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, LocatedEntry>
}

/** A value of a map, with where its name stands. */
export interface LocatedEntry {
  readonly key: Span
  readonly value: Located
}

/** The value without its places. */
export function plainOf(located: Located): unknown {
  if (located.kind === 'scalar') return located.value
  if (located.kind === 'list') return located.items.map(plainOf)
  return Object.fromEntries([...located.entries].map(([name, { value }]) => [name, plainOf(value)]))
}

/** One step along a path: a name, or the number of an item. */
export type Step = string | number

const stepPattern = /\[(?:(\d+)|("(?:[^"\\]|\\.)*"))\]|\.?([A-Za-z_$][\w$-]*)/g

/** Takes a path apart: `services.orders.retry.on[0]`, with names that are no identifiers in brackets and quotes. */
export function stepsOf(path: string): Step[] {
  return [...path.matchAll(stepPattern)].map(([, index, quoted, name]) => {
    if (index !== undefined) return Number(index)
    return quoted === undefined ? (name as string) : (JSON.parse(quoted) as string)
  })
}

/**
 * Where a path leads, or the last part of it that is there.
 *
 * @param wantsKey whether the name is meant and not what stands behind it.
 */
export function placeOf(root: Located, path: string, wantsKey: boolean): Span {
  let place: Span = { start: root.start, end: root.start }
  let at: Located = root
  const steps = stepsOf(path)
  for (const [i, step] of steps.entries()) {
    const entry = at.kind === 'map' ? at.entries.get(String(step)) : undefined
    const next = at.kind === 'list' && typeof step === 'number' ? at.items[step] : entry?.value
    if (next === undefined) break
    const last = i === steps.length - 1
    // Of what is long the name is shown; of what is short, the value that is wrong. What is missing is missing behind a name.
    const byKey = entry !== undefined && (next.kind !== 'scalar' || (last ? wantsKey : true) || next.start === next.end)
    place = byKey ? entry.key : { start: next.start, end: next.kind === 'scalar' ? next.end : next.start + 1 }
    at = next
  }
  return place
}

/** Makes lines and columns of offsets; both begin with 1. */
export class TextLines {
  readonly #starts: number[] = [0]

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1)
  }

  /** The line and the column of an offset. */
  at(offset: number): { readonly line: number; readonly column: number } {
    let [low, high] = [0, this.#starts.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((this.#starts[middle] as number) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (this.#starts[low] as number) + 1 }
  }
}
