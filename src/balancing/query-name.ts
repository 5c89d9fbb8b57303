const percent = 37
const plus = 43
const blank = 32
const equals = 61

/** The name of a parameter of a query, found however it is written: as it is, percent-encoded, with `+` for spaces, or some of each. */
export class QueryName {
  readonly #name: string
  readonly #bytes: Uint8Array

  /** @param name without half a surrogate pair: that cannot be encoded. */
  constructor(name: string) {
    this.#name = name
    this.#bytes = new TextEncoder().encode(name)
  }

  /**
   * Where the value begins, if `name=` begins at a place; nothing is allocated.
   *
   * @returns -1, if it does not.
   */
  valueIn(text: string, start: number): number {
    const asItIs = start + this.#name.length
    if (text.startsWith(this.#name, start) && text.charCodeAt(asItIs) === equals) return asItIs + 1
    let at = start
    for (let i = 0; i < this.#bytes.length; i += 1) {
      const byte = this.#bytes[i] as number
      const code = text.charCodeAt(at)
      if (code === percent && 16 * hexDigit(text.charCodeAt(at + 1)) + hexDigit(text.charCodeAt(at + 2)) === byte) at += 3
      // What is beyond ASCII is several bytes, and one only looks like it.
      else if ((code === byte && byte < 128) || (code === plus && byte === blank)) at += 1
      else return -1
    }
    return text.charCodeAt(at) === equals ? at + 1 : -1
  }
}

/** `NaN` for what is none, also for what is beyond the end. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : Number.NaN
}
