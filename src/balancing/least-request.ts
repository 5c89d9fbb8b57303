import type { Endpoint } from '../endpoint/endpoint.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { makesParts } from '../runtime/part-factory.ts'
import { drawBelow, type Random } from '../runtime/random.ts'
import type { Balancer, Picker, PickQuery } from './balancer.ts'
import { InFlightOf } from './in-flight-of.ts'
import { costOf, leastCost } from './least-cost.ts'
import { OptionChecks } from './option-checks.ts'
import { TurnCalendar } from './turn-calendar.ts'
import { TurnQueue } from './turn-queue.ts'

/** How a {@link leastRequest} balancer chooses. Every option has a default, see {@link leastRequestDefaults}. */
export interface LeastRequestOptions {
  /** How many endpoints are compared: a whole number from 2 to 64. @defaultValue {@link leastRequestDefaults}.choices */
  readonly choices?: number | undefined
  /**
   * How much attempts in flight take from the weight of an endpoint, if weights differ: a number from 0 to 10. With 0 they take nothing;
   * more than 1 keeps away from busy endpoints more strictly.
   *
   * @defaultValue {@link leastRequestDefaults}.bias
   */
  readonly bias?: number | undefined
  /**
   * With fewer endpoints than this all are compared, which costs no more and cannot miss the idle one; `Infinity` compares all, always.
   * At least 0.
   *
   * @defaultValue {@link leastRequestDefaults}.fullScanBelow
   */
  readonly fullScanBelow?: number | undefined
}

/** The defaults of {@link LeastRequestOptions}; choices and bias are Envoy's. */
export const leastRequestDefaults = Object.freeze({ choices: 2, bias: 1, fullScanBelow: 8 } as const satisfies LeastRequestOptions)

/** How often a draw with a spent endpoint in it is made again, or how often a spent one may be due, before looking at all of them. */
const redraws = 4

/** After so many turns that it would have had if it were idle, an endpoint is looked at again: what it had in flight may be over. */
const longestWait = 16

/** From so many endpoints on, a calendar of turns costs less than a heap. */
const calendarFrom = 128

class FewestOfSomePicker implements Picker {
  readonly #endpoints: readonly Endpoint[]
  readonly #draws: Random
  readonly #drawn: Uint32Array
  readonly #inFlight: InFlightOf

  constructor(endpoints: readonly Endpoint[], draws: Random, choices: number) {
    this.#endpoints = endpoints
    this.#inFlight = new InFlightOf(endpoints)
    this.#draws = draws
    this.#drawn = new Uint32Array(choices)
  }

  pick(query: PickQuery): Endpoint {
    for (let draw = 0; draw <= redraws; draw += 1) {
      this.#drawIndexes()
      const best = this.#fewest(query)
      if (best !== undefined) return best
    }
    return leastCost(this.#endpoints, 1, this.#draws, query)
  }

  /** Distinct indexes, each set of them as likely as any other (Floyd's algorithm). */
  #drawIndexes(): void {
    const drawn = this.#drawn
    const before = this.#endpoints.length - drawn.length
    for (let i = 0; i < drawn.length; i += 1) {
      const index = drawBelow(this.#draws, before + i + 1)
      let place = 0
      while (place < i && drawn[place] !== index) place += 1
      drawn[i] = place < i ? before + i : index
    }
  }

  /** The least loaded of those drawn; `undefined` when one of them is spent, and there is less to compare than there should be. */
  #fewest(query: PickQuery): Endpoint | undefined {
    const endpoints = this.#endpoints
    const isFresh = query.isFresh === true
    let best = -1
    let fewest = 0
    let ties = 0
    for (let i = 0; i < this.#drawn.length; i += 1) {
      const index = this.#drawn[i] as number
      if (!isFresh && query.isSpent(endpoints[index] as Endpoint)) return undefined
      const inFlight = this.#inFlight.at(index)
      if (best < 0 || inFlight < fewest) {
        best = index
        fewest = inFlight
        ties = 1
      } else if (inFlight === fewest) {
        // Floyd's sets are fair, but not the order within them: the first one drawn must not win every tie.
        ties += 1
        if (this.#draws.next() * ties < 1) best = index
      }
    }
    return endpoints[best]
  }
}

class FewestOfAllPicker implements Picker {
  readonly #endpoints: readonly Endpoint[]
  readonly #draws: Random

  constructor(endpoints: readonly Endpoint[], draws: Random) {
    this.#endpoints = endpoints
    this.#draws = draws
  }

  pick(query: PickQuery): Endpoint {
    return leastCost(this.#endpoints, 1, this.#draws, query)
  }
}

/** Turns by earliest deadline: whoever had one is due again after what its next attempt costs. */
class WeightedTurnsPicker implements Picker {
  readonly #endpoints: readonly Endpoint[]
  readonly #draws: Random
  readonly #bias: number
  readonly #queue: TurnQueue | TurnCalendar
  /** Weights that move; those of the endpoints stay, and are kept side by side. */
  readonly #weightOf: ((endpoint: Endpoint) => number) | undefined
  readonly #weights: Float64Array
  readonly #inFlight: InFlightOf
  /** Costs are counted in those of an idle endpoint of average weight, so that virtual time has the same pace for any weights. */
  readonly #meanWeight: number
  /** With so many attempts in flight, no wait is too long. */
  readonly #calm: number
  /**
   * Two for each: how much longer it has to wait than until its place in the queue, by what it had in flight at its last turn; and how long it
   * has waited since then when it is looked at. Made when somebody is busy enough for that: mostly nobody ever is.
   */
  #owed: Float64Array | undefined

  constructor(endpoints: readonly Endpoint[], draws: Random, bias: number, weightOf?: (endpoint: Endpoint) => number) {
    this.#endpoints = endpoints
    this.#draws = draws
    this.#bias = bias
    this.#weightOf = weightOf
    this.#weights = Float64Array.from(endpoints, ({ weight }) => weight)
    this.#inFlight = new InFlightOf(endpoints)
    this.#meanWeight = endpoints.reduce((sum, { weight }) => sum + weight / endpoints.length, 0)
    this.#calm = longestWait ** (1 / bias) - 1
    // Random first turns: clients that start together do not march in step (gRFC A58).
    const firstTurns = Float64Array.from(endpoints, (_, index) => this.#waitFor(index, draws.next()))
    // Those that are idle have as many turns per time as there are endpoints.
    this.#queue = endpoints.length < calendarFrom ? new TurnQueue(firstTurns) : new TurnCalendar(firstTurns, endpoints.length)
  }

  pick(query: PickQuery): Endpoint {
    for (let skips = 0; skips <= redraws; skips += 1) {
      const first = this.#owed === undefined ? this.#queue.first : this.#due(this.#owed)
      this.#queue.postponeFirst(this.#waitFor(first, 1))
      const endpoint = this.#endpoints[first] as Endpoint
      if (query.isFresh === true || !query.isSpent(endpoint)) return endpoint
    }
    return leastCost(this.#endpoints, this.#bias, this.#draws, query)
  }

  /** Whose turn it is. Who was very busy at its last turn, and is no longer, need not wait for as long as it seemed then. */
  #due(owed: Float64Array): number {
    for (;;) {
      const { first } = this.#queue
      const left = owed[2 * first] as number
      if (left === 0) return first
      const waited = owed[2 * first + 1] as number
      const rest = Math.min(left, this.#cost(first) - waited)
      // Costs may be endless where a weight is all but nothing, and differences of such are no numbers.
      if (!(rest > 0)) return first
      // Twice as long each time: few looks, and no wait is twice as long as it should be.
      const wait = Math.min(rest, waited)
      owed[2 * first] = rest - wait
      owed[2 * first + 1] = waited + wait
      this.#queue.postponeFirst(wait)
    }
  }

  /** How long an endpoint waits for its next turn, before it is looked at. */
  #waitFor(index: number, share: number): number {
    const inFlight = this.#inFlight.at(index)
    if (this.#owed === undefined && inFlight <= this.#calm) return share * this.#costOf(index, inFlight)
    return this.#owe(index, share, inFlight)[2 * index + 1] as number
  }

  /** Notes how long it waits, and how much longer it would have to. */
  #owe(index: number, share: number, inFlight: number): Float64Array {
    this.#owed ??= new Float64Array(2 * this.#endpoints.length)
    const cost = share * this.#costOf(index, inFlight)
    const wait = inFlight <= this.#calm ? cost : Math.min(cost, longestWait * this.#costOf(index, 0))
    this.#owed[2 * index] = inFlight <= this.#calm ? 0 : cost - wait
    this.#owed[2 * index + 1] = wait
    return this.#owed
  }

  #cost(index: number): number {
    return this.#costOf(index, this.#inFlight.at(index))
  }

  #costOf(index: number, inFlight: number): number {
    const weightOf = this.#weightOf
    const weight = weightOf === undefined ? (this.#weights[index] as number) : weightOf(this.#endpoints[index] as Endpoint)
    return costOf(inFlight, this.#bias, weight) * this.#meanWeight
  }
}

/**
 * The endpoint with the fewest attempts in flight, of a few drawn by chance, or of all when they are few.
 *
 * If weights differ, endpoints take turns instead, each as often as `weight / (in flight + 1) ^ bias` says. That follows the weights when
 * nobody is busy, and a pick costs about the same among many as among few; but a slow endpoint is not drained as fully as by a comparison.
 *
 * Source: Envoy's least request balancer, with one difference: the endpoints compared are distinct. With replacement, the busier of two would
 * still get a quarter of the calls.
 *
 * @param options see {@link LeastRequestOptions}.
 * @throws TypeError for an option out of its range.
 * @example
 * ```ts
 * import { fixed, leastRequest, mesh } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080'])).balance(leastRequest({ choices: 3 })))
 *   .build()
 * ```
 */
export function leastRequest(options?: LeastRequestOptions): DescribedPart<Balancer> {
  const checks = new OptionChecks('leastRequest', options, Object.keys(leastRequestDefaults))
  const choices = checks.integer('choices', leastRequestDefaults.choices, 2, 64)
  const bias = checks.number('bias', leastRequestDefaults.bias, 0, 10)
  const fullScanBelow = checks.number('fullScanBelow', leastRequestDefaults.fullScanBelow, 0, Number.POSITIVE_INFINITY)
  return part('least-request', { choices, bias, fullScanBelow }, (host) => {
    const draws = host.random.fork('least-request')
    const picker = (endpoints: readonly Endpoint[]): Picker => {
      if (endpoints.some(({ weight }) => weight !== endpoints[0]?.weight)) return new WeightedTurnsPicker(endpoints, draws, bias)
      const few = endpoints.length < fullScanBelow || endpoints.length <= choices
      return few ? new FewestOfAllPicker(endpoints, draws) : new FewestOfSomePicker(endpoints, draws, choices)
    }
    return {
      name: 'least-request',
      picker,
      weightedPicker: (endpoints, weightOf) => new WeightedTurnsPicker(endpoints, draws, bias, weightOf),
    }
  })
}

makesParts(leastRequest)
