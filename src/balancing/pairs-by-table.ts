import type { Endpoint } from '../endpoint/endpoint.ts'
import { InFlightOf } from './in-flight-of.ts'
import type { LoadPairs } from './load-meter.ts'

/** A meter that keeps what it knows in a table, and compares by that. */
export interface ComparedLoads {
  /** The place of an endpoint in the table; -1, if it has none. */
  find(endpoint: Endpoint): number
  /**
   * Compares what is at two places, if it is plain to see which load is lower.
   *
   * @returns -1 if the first is lower, 1 if the second is; 0 if {@link ComparedLoads.lighter} has to be asked.
   */
  compare(first: number, second: number, firstInFlight: number, secondInFlight: number, now: number): -1 | 0 | 1
  /** As of a load meter. Whoever was compared has a place. */
  lighter(first: Endpoint, second: Endpoint, at?: number): Endpoint | undefined
}

/** Compares endpoints of a set without looking at them, where it is plain to see who is lighter. */
export class PairsByTable implements LoadPairs {
  readonly #endpoints: readonly Endpoint[]
  readonly #meter: ComparedLoads
  readonly #inFlight: InFlightOf
  /** The place of each in the table, and one more; 0 until somebody asked for it. It holds as long as there is the endpoint. */
  readonly #places: Int32Array

  constructor(endpoints: readonly Endpoint[], meter: ComparedLoads) {
    this.#endpoints = endpoints
    this.#meter = meter
    this.#inFlight = new InFlightOf(endpoints)
    this.#places = new Int32Array(endpoints.length)
  }

  lighter(first: number, second: number, at: number | undefined): number {
    const places = this.#places
    const firstAt = places[first] as number
    const secondAt = places[second] as number
    if (at === undefined || firstAt === 0 || secondAt === 0) return this.#lookUp(first, second, at)
    const inFlight = this.#inFlight
    const difference = this.#meter.compare(firstAt - 1, secondAt - 1, inFlight.at(first), inFlight.at(second), at)
    if (difference !== 0) return difference < 0 ? first : second
    return this.#ask(first, second, at)
  }

  #lookUp(first: number, second: number, at: number | undefined): number {
    const lighter = this.#ask(first, second, at)
    this.#places[first] = this.#meter.find(this.#endpoints[first] as Endpoint) + 1
    this.#places[second] = this.#meter.find(this.#endpoints[second] as Endpoint) + 1
    return lighter
  }

  #ask(first: number, second: number, at: number | undefined): number {
    const left = this.#endpoints[first] as Endpoint
    const lighter = this.#meter.lighter(left, this.#endpoints[second] as Endpoint, at)
    if (lighter === undefined) return -1
    return lighter === left ? first : second
  }
}
