import { printValue } from '../errors/print-value.ts'
import type { Located, LocatedEntry } from './located.ts'
import { deepest, UnreadableText } from './text-fault.ts'

/**
 * Reads JSON with the place of every value. `JSON.parse` knows no places, takes the last of two values of the same name without a word, and
 * often does not say where a text goes wrong.
 *
 * @throws UnreadableText when it is no JSON, or says something twice.
 */
export function readJson(text: string): Located {
  return new JsonReader(text).read()
}

const space = /[ \t\r\n]*/y
const word = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

class JsonReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): Located {
    const value = this.#value(0)
    this.#skipSpace()
    if (this.#at < this.#text.length) this.#refuse('the end of the file after the first value')
    return value
  }

  #value(depth: number): Located {
    this.#skipSpace()
    const start = this.#at
    if (depth > deepest) this.#refuse(`values nested at most ${deepest} deep`)
    const sign = this.#text[start]
    if (sign === '{') return { kind: 'map', start, entries: this.#entries(depth), end: this.#at }
    if (sign === '[') return { kind: 'list', start, items: this.#items(depth), end: this.#at }
    if (sign === '"') return { kind: 'scalar', start, value: this.#string(), end: this.#at }
    word.lastIndex = start
    const found = word.exec(this.#text)?.[0]
    if (found === undefined) this.#refuse('a value: text in double quotes, a number, true, false, null, [...] or {...}')
    this.#at += found.length
    return { kind: 'scalar', start, value: JSON.parse(found) as number | boolean | null, end: this.#at }
  }

  #entries(depth: number): Map<string, LocatedEntry> {
    const entries = new Map<string, LocatedEntry>()
    this.#at += 1
    for (let first = true; !this.#ends('}', first); first = false) {
      if (this.#text[this.#at] !== '"') this.#refuse('a name in double quotes')
      const start = this.#at
      const name = this.#string()
      const key = { start, end: this.#at }
      if (entries.has(name))
        throw new UnreadableText([{ ...key, expected: 'a name that stands here once', received: `${printValue(name)} twice` }])
      this.#skipSpace()
      if (this.#text[this.#at] !== ':') this.#refuse("':' after the name")
      this.#at += 1
      entries.set(name, { key, value: this.#value(depth + 1) })
    }
    return entries
  }

  #items(depth: number): Located[] {
    const items: Located[] = []
    this.#at += 1
    for (let first = true; !this.#ends(']', first); first = false) items.push(this.#value(depth + 1))
    return items
  }

  /** Whether a list or an object ends here; if not, the comma is behind us. */
  #ends(sign: string, first: boolean): boolean {
    this.#skipSpace()
    if (this.#text[this.#at] === sign) {
      this.#at += 1
      return true
    }
    if (first) return false
    if (this.#text[this.#at] !== ',') this.#refuse(`',' or '${sign}'`)
    this.#at += 1
    this.#skipSpace()
    if (this.#text[this.#at] === sign) this.#refuse('another one after the comma')
    return false
  }

  #string(): string {
    const start = this.#at
    let end = start + 1
    while (end < this.#text.length && this.#text[end] !== '"' && this.#text[end] !== '\n') end += this.#text[end] === '\\' ? 2 : 1
    if (this.#text[end] !== '"') this.#refuse("a closing '\"' on the same line")
    this.#at = end + 1
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as string
    } catch {
      this.#at = start
      return this.#refuse('text without control characters, and with escapes that JSON has')
    }
  }

  #skipSpace(): void {
    space.lastIndex = this.#at
    space.exec(this.#text)
    this.#at = space.lastIndex
  }

  #refuse(expected: string): never {
    const start = Math.min(this.#at, this.#text.length)
    const rest = /^\S{1,20}/.exec(this.#text.slice(start, start + 20))?.[0]
    const received = rest === undefined ? 'the end of the file' : printValue(rest)
    throw new UnreadableText([{ start, end: start + (rest?.length ?? 0), expected, received }])
  }
}
