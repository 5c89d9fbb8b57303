import type { Balancer, Picker, PickQuery } from '../balancing/balancer.ts'
import { type Endpoint, RosterEndpoint } from '../endpoint/endpoint.ts'
import { printValue } from '../errors/print-value.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'
import { type BalancerWatch, foreign, mostFaults } from './balancer-watch.ts'
import { TurnPicker } from './turn-picker.ts'

/** So much of an endpoint may change while it stays the same object. */
const factsOfEach = 4

/** Endpoints that stand for each other, with the picker that chooses among them. */
export class Group {
  /** At least one; frozen. */
  readonly endpoints: readonly Endpoint[]
  readonly #balancer: Balancer
  readonly #watch: BalancerWatch
  readonly #facts: readonly unknown[]
  /** Whether endpoints were told where they are. A set would be made and asked in several times the time. */
  #claimed = false
  #members: ReadonlySet<unknown> | undefined
  #picker: Picker | undefined
  #standIn: Picker | undefined
  #faultsInARow = 0

  /**
   * @param endpoints at least one; frozen.
   * @param balancer makes the picker, when the group is used for the first time.
   * @param watch hears of a balancer that is broken.
   */
  constructor(endpoints: readonly Endpoint[], balancer: Balancer, watch: BalancerWatch) {
    this.endpoints = endpoints
    this.#balancer = balancer
    this.#watch = watch
    this.#facts = factsOf(endpoints)
  }

  /** Whether a picker for these endpoints, as they are now, would be the same. */
  serves(endpoints: readonly Endpoint[]): boolean {
    const own = this.endpoints
    const facts = this.#facts
    if (endpoints.length !== own.length) return false
    for (let i = 0, at = 0; i < endpoints.length; i += 1, at += factsOfEach) {
      const { weight, labels, locality, servername } = endpoints[i] as Endpoint
      if (endpoints[i] !== own[i] || facts[at] !== weight || facts[at + 1] !== labels) return false
      if (facts[at + 2] !== locality || facts[at + 3] !== servername) return false
    }
    return true
  }

  /**
   * An endpoint for the next attempt. A picker that throws, or answers with something that it was not given, costs the call its choice and not
   * its life: an endpoint is taken in turn. After {@link mostFaults} faults in a row the picker is not asked any more.
   *
   * @returns `undefined` when the balancer declines.
   */
  pick(query: PickQuery): Endpoint | undefined {
    if (this.#faultsInARow < mostFaults) {
      try {
        this.#picker ??= this.#makePicker()
        // Untyped balancers may answer null.
        const picked = this.#picker.pick(query) ?? undefined
        if (picked === undefined || this.has(picked)) {
          this.#faultsInARow = 0
          return picked
        }
        throw foreign(picked, this.endpoints.length)
      } catch (error) {
        this.#faultsInARow += 1
        this.#watch.threw(error)
        if (this.#faultsInARow === mostFaults) this.#watch.bypassed()
      }
    }
    this.#standIn ??= new TurnPicker(this.endpoints, this.#watch.faults - 1)
    return this.#standIn.pick(query)
  }

  /** What a call had better wait for, see `Picker.preparing`; it may be a user's, and anything. */
  preparing(): unknown {
    if (this.#faultsInARow >= mostFaults) return undefined
    try {
      this.#picker ??= this.#makePicker()
    } catch {
      // Whoever chooses hears of it.
      return undefined
    }
    return this.#picker.preparing?.()
  }

  /** Whether the call has not tried all of them. */
  hasUntried(query: PickQuery & { readonly narrowed?: boolean }): boolean {
    const { call } = query
    const { endpoints } = this
    if (query.narrowed !== true && endpoints.length > call.spent.length + call.underway.length) return true
    for (let i = 0; i < endpoints.length; i += 1) if (!query.isSpent(endpoints[i] as Endpoint)) return true
    return false
  }

  #makePicker(): Picker {
    const made: unknown = this.#balancer.picker(this.endpoints)
    if (typeof (made as Partial<Picker> | undefined)?.pick === 'function') return made as Picker
    hearLateRejection(made)
    throw new TypeError(`picker: expected an object with pick, got ${printValue(made)}`)
  }

  /** Whether something is one of the endpoints. */
  has(picked: unknown): boolean {
    // Not by a mark of its own, which whatever stands in front of an endpoint would have as well.
    if (picked instanceof RosterEndpoint && this.endpoints[picked.memberAt] === picked) return true
    if (!this.#claimed) {
      this.#claimed = true
      for (let i = 0; i < this.endpoints.length; i += 1) {
        const endpoint = this.endpoints[i]
        if (endpoint instanceof RosterEndpoint) endpoint.memberAt = i
      }
      return this.has(picked)
    }
    // Others have claimed endpoints since: those of a subset belong to several groups.
    this.#members ??= new Set(this.endpoints)
    return this.#members.has(picked)
  }
}

function factsOf(endpoints: readonly Endpoint[]): readonly unknown[] {
  const facts: unknown[] = new Array(endpoints.length * factsOfEach)
  for (let i = 0, at = 0; i < endpoints.length; i += 1) {
    const { weight, labels, locality, servername } = endpoints[i] as Endpoint
    facts[at++] = weight
    facts[at++] = labels
    facts[at++] = locality
    facts[at++] = servername
  }
  return facts
}
