/**
 * Which endpoint now?
 *
 * A *balancer* prepares choosing among the endpoints of a set; the *picker* that it makes chooses, once an attempt. A new picker is made
 * whenever the set changes, so whatever has to be built (a ring, a table of weights) is built there and not on the path of a call.
 * A *load meter* (load-meter.ts) tells a balancer how busy an endpoint is; algorithm and meter are separate, so that n algorithms and m
 * meters are n + m files.
 *
 * This room never knows about discovery, health, retries or connections: it gets endpoints that may be used, and chooses one.
 *
 * To add one: a file here, a line in `src/index.ts`, a line in `test/conformance/balancers.test.ts`. Outside this package: pass your own
 * to `.balance(...)` and run `balancerSuite` from `proxyless/testing` on it.
 *
 * @example
 * ```ts
 * import { part, type Balancer } from 'proxyless'
 *
 * // Always the endpoint with the least in flight.
 * export const leastBusy = () =>
 *   part<Balancer>('least-busy', {}, () => ({
 *     name: 'least-busy',
 *     picker: (endpoints) => ({
 *       pick: ({ isSpent }) => endpoints.filter((e) => !isSpent(e)).toSorted((a, b) => a.inFlight - b.inFlight)[0] ?? endpoints[0],
 *     }),
 *   }))
 * ```
 */
import type { Attempt } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import type { Reply } from '../call/reply.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Part } from '../runtime/host.ts'
import type { LoadMeter } from './load-meter.ts'

/** Prepares choosing. */
export interface Balancer {
  /** For messages and the snapshot. */
  readonly name: string
  /** Meters that must hear of every attempt; routing sees to it. */
  readonly meters?: readonly LoadMeter[]
  /**
   * For balancers that keep calls together: the hash by which they do. Routing draws tier and place by it, so that these stay together, too.
   *
   * @returns a whole number in [0, 2^32), the same for calls that belong together.
   */
  hash?(call: Call): number
  /**
   * For balancers that hold a call to one endpoint: which, of all endpoints of the service. While its tier and place get calls, be it healthy
   * or degraded, the picker that it belongs to is asked, and not that for others; it has the last word.
   */
  heldTo?(call: Call): Endpoint | undefined
  /**
   * Prepares choosing among `endpoints`. Called again whenever the set changes, or something about one of them.
   *
   * @param endpoints at least one; the array is frozen.
   */
  picker(endpoints: readonly Endpoint[]): Picker
  /**
   * The same with weights that move as time goes by, in place of those of the endpoints. `slowStart` uses it; without it, an endpoint that is
   * new has some of its choices taken away, which is as good wherever one choice does not depend on the one before.
   *
   * @param weightOf the weight of an endpoint at this moment; more than 0.
   */
  weightedPicker?(endpoints: readonly Endpoint[], weightOf: (endpoint: Endpoint) => number): Picker
  /**
   * Hears of all endpoints of the service, whatever part of them a picker is for, before the first choice and whenever one of them came, went,
   * or changed its health: at once, and again before the next choice.
   *
   * @param endpoints all there are.
   * @param isFit whether an endpoint is fit to be chosen, as far as its health goes.
   */
  noticed?(endpoints: readonly Endpoint[], isFit: (endpoint: Endpoint) => boolean): void
  /**
   * Hears of all endpoints of the service as soon as they are known, and whenever they change: what takes time to prepare for them can be begun
   * beside the calls, before there is one. A picker may be asked for others, such as those that are well, or for none at all.
   *
   * @param endpoints all there are.
   */
  expect?(endpoints: readonly Endpoint[]): void
  /** Whether its pickers may have something to prepare that calls had better wait for: only then are they asked for {@link Picker.preparing}. */
  readonly prepares?: boolean
  /**
   * For `net.explain`: the chances of endpoints to be chosen, as far as they are known at this moment, without choosing. It must change nothing:
   * no turn, no draw, nothing written.
   *
   * @param endpoints at least one.
   * @param query what is chosen for.
   * @returns from 0 to 1, in the order of the endpoints, adding up to 1; `undefined` when it cannot tell.
   */
  odds?(endpoints: readonly Endpoint[], query: PickQuery): readonly number[] | undefined
  /** May answer with another reply than the one that came; called once for each attempt that has one. */
  amend?(attempt: Attempt, reply: Reply): Reply
  /** What it counts, for the snapshot. */
  counts?(): Readonly<Record<string, number>>
  /** The service is over, or chooses otherwise from now on: whatever it does beside choosing must end. */
  close?(): void
}

/** Chooses among the endpoints of one set. */
export interface Picker {
  /**
   * The endpoint for the next attempt: in O(1), and without allocating, if it can be helped.
   *
   * @returns one of the set; `undefined` when there is none that may be used.
   */
  pick(query: PickQuery): Endpoint | undefined
  /**
   * Asked before a choice, of a balancer that {@link Balancer.prepares}: is something being made, beside the calls, that a call had better wait for than be
   * chosen for without it? It waits once, two seconds at most and within its deadline, and then its choice is made, whether or not it is there.
   *
   * @returns resolves when calls may go on; `undefined` when there is nothing to wait for.
   */
  preparing?(): Promise<void> | undefined
}

/** What a picker may know about the attempt it chooses for. */
export interface PickQuery {
  /** The call. */
  readonly call: Call
  /**
   * Whether the call has tried an endpoint already: one of its attempts there is over (`call.spent`) or under way (`call.underway`). Choose
   * such a one only when nothing else is left: a picker must see to that, since routing takes its answer as it is.
   */
  isSpent(endpoint: Endpoint): boolean
  /**
   * Set where `isSpent` answers `false` for everybody, as for nearly every first attempt: then it need not be asked. Whoever passes a query on with
   * another `isSpent` leaves it out.
   */
  readonly isFresh?: boolean | undefined
  /**
   * Monotonic time in milliseconds, so that a balancer that goes by time need not ask the clock: that costs more than most choices. Routing
   * always says it.
   */
  readonly at?: number | undefined
}

/**
 * The short form of a balancer, for `.balance(...)`: chooses among the endpoints that the call has not tried yet (all of them, when it has
 * tried them all). What it answers must be one of them, or `undefined` for none.
 */
export type BalanceFunction = (endpoints: readonly Endpoint[], call: Call) => Endpoint | undefined

/** A balancer as a part of a service. */
export type BalancerPart = Part<Balancer>
