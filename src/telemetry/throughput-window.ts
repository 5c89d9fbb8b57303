import type { Endpoint } from '../endpoint/endpoint.ts'

/** How old the base of a rate is at least when another one takes its place, in milliseconds. */
const halfWindowMs = 5_000

interface Base {
  before: number
  now: number
}

/**
 * How many attempts endpoints answer in a second, between one look and another one: nothing is counted for it on the path of a call. Whoever looks
 * every few seconds is told of the last five to ten; whoever looks less often, of the time since the last look.
 */
export class ThroughputWindow {
  readonly #bases = new WeakMap<Endpoint, Base>()
  #beforeAt: number
  #nowAt: number | undefined

  /** @param since monotonic time at which the service began, in milliseconds. */
  constructor(since: number) {
    this.#beforeAt = since
  }

  /**
   * Attempts a second that each endpoint answered, as far as they were no failures.
   *
   * @param endpoints those that there are.
   * @param at monotonic time, in milliseconds.
   */
  rates(endpoints: readonly Endpoint[], at: number): readonly number[] {
    if (this.#nowAt === undefined || at - this.#nowAt >= halfWindowMs) this.#turn(endpoints, at)
    const span = at - this.#beforeAt
    return endpoints.map((endpoint) => {
      const before = this.#bases.get(endpoint)?.before ?? 0
      return span <= 0 ? 0 : Math.max(0, answeredBy(endpoint) - before) / (span / 1_000)
    })
  }

  #turn(endpoints: readonly Endpoint[], at: number): void {
    for (const endpoint of endpoints) {
      const base = this.#bases.get(endpoint)
      if (base === undefined) this.#bases.set(endpoint, { before: 0, now: answeredBy(endpoint) })
      else {
        base.before = base.now
        base.now = answeredBy(endpoint)
      }
    }
    this.#beforeAt = this.#nowAt ?? this.#beforeAt
    this.#nowAt = at
  }
}

function answeredBy({ attempts, failures, inFlight }: Endpoint): number {
  // A failure whose body is still on its way is in both.
  return Math.max(0, attempts - failures - inFlight)
}
