import { printValue } from '../errors/print-value.ts'
import { durationExpectation, readDuration } from '../runtime/duration.ts'

/** Options as untyped code may give them, with the name of the part for messages: `leastRequest: choices: expected ..., got ...`. */
export class OptionChecks {
  readonly #part: string
  readonly #given: Readonly<Record<string, unknown>>

  /**
   * @param part the name of the function that takes the options.
   * @param given the options.
   * @param names the options that there are.
   * @throws TypeError when `given` is no object, or has an option that there is not.
   */
  constructor(part: string, given: unknown, names: readonly string[]) {
    this.#part = part
    if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given))) {
      throw new TypeError(`${part}: expected an object of options, got ${printValue(given)}`)
    }
    this.#given = (given ?? {}) as Readonly<Record<string, unknown>>
    for (const name of Object.keys(this.#given)) {
      if (!names.includes(name)) throw new TypeError(`${part}: expected only the options ${names.join(', ')}, got ${printValue(name)}`)
    }
  }

  /** A whole number from `low` to `high`. @throws TypeError when it is none. */
  integer(name: string, fallback: number, low: number, high: number): number {
    const value = this.#given[name] ?? fallback
    return Number.isInteger(value) && (value as number) >= low && (value as number) <= high
      ? (value as number)
      : this.refuse(name, `an integer in [${low}, ${high}]`)
  }

  /** A number from `low` to `high`. @throws TypeError when it is none. */
  number(name: string, fallback: number, low: number, high: number): number {
    const value = this.#given[name] ?? fallback
    return typeof value === 'number' && value >= low && value <= high ? value : this.refuse(name, `a number in [${low}, ${high}]`)
  }

  /** A duration above 0 (or 0, if that is allowed), in milliseconds. @throws TypeError when it is none, or endless though it must not be. */
  durationMs(name: string, fallback: string, endless: boolean, zero = false): number {
    const ms = readDuration(this.#given[name] ?? fallback)
    const inRange = ms !== undefined && (ms > 0 || (zero && ms === 0)) && (endless || ms < Number.POSITIVE_INFINITY)
    return inRange ? ms : this.refuse(name, `${durationExpectation}, in ${zero ? '[' : '('}0, Infinity${endless ? ']' : ')'}`)
  }

  /**
   * @param got what it is, if that is not what was given but a default.
   * @throws TypeError which says what an option should have been.
   */
  refuse(name: string, expected: string, got: unknown = this.#given[name]): never {
    throw new TypeError(`${this.#part}: ${name}: expected ${expected}, got ${printValue(got)}`)
  }
}
