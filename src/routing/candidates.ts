import type { Balancer, PickQuery } from '../balancing/balancer.ts'
import { hashText, mix } from '../balancing/hash.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { printValue } from '../errors/print-value.ts'
import type { HealthView } from '../health/health-board.ts'
import type { Host } from '../runtime/host.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'
import type { BalancerWatch } from './balancer-watch.ts'
import { Group } from './group.ts'
import { type GroupPart, heldGroup } from './held-group.ts'
import type { TierSet } from './priority.ts'
import { planRouting, type TierPlan } from './routing-plan.ts'
import type { RoutingSettings } from './routing-settings.ts'

/** What candidates are chosen with. */
export interface CandidateMeans {
  /** How the endpoints are. */
  readonly health: HealthView
  /** Chooses within a group. */
  readonly balancer: Balancer
  /** Chance. */
  readonly host: Host
  /** Hears of a balancer that is broken. */
  readonly watch: BalancerWatch
  /** How endpoints are divided. */
  readonly settings: RoutingSettings
}

/** What is left of a service's endpoints for a call. */
export interface Narrowed {
  /** How many carry its labels, or what stands in for them. */
  readonly matching: number
  /** Those of them that are not too far away, in tiers. */
  readonly tiers: readonly TierSet[]
}

/** What candidates are asked with. */
export interface RouteQuery extends PickQuery {
  /** Before a pick: the endpoints of the tier, for a call that prefers zones which it has not tried. */
  narrow?(endpoints: readonly Endpoint[]): void
  /** Whether more counts as tried than what was. */
  readonly narrowed?: boolean
}

/** The endpoints that may serve a call, in groups, and how many of the calls each group gets. Holds for one state of the endpoints and their health. */
export class Candidates {
  /** What they are taken from. */
  readonly narrowed: Narrowed
  /** How many may be used. */
  readonly count: number
  /** The tiers, how they are, and what they get. */
  readonly tiers: readonly TierPlan[]
  /** The version of their health that this holds for. */
  readonly healthVersion: number
  readonly #means: CandidateMeans
  readonly #names: readonly string[]
  /** In the order in which a call goes on; `undefined` where calls fail at once. */
  readonly #groups: readonly (Group | undefined)[]
  /** Where each group's part of the 100 ends. */
  readonly #bounds: Float64Array
  readonly #loads: readonly number[]
  /** For balancers that hash: other bits for each group, and other ones than the balancer's own. */
  readonly #seeds: readonly number[]
  /** The group that gets everything, if there is one. */
  readonly #only: Group | undefined
  /** Whether a call may be held to an endpoint of another group than the drawn one. */
  readonly #holds: boolean
  /** What they get; not whom they are made of. */
  readonly #parts: readonly GroupPart[]

  /**
   * @param narrowed the endpoints.
   * @param means see {@link CandidateMeans}.
   * @param before what held until now: a group of which nothing changed is taken over with its picker.
   */
  constructor(narrowed: Narrowed, means: CandidateMeans, before?: Candidates) {
    this.narrowed = narrowed
    this.#means = means
    this.healthVersion = means.health.version
    const { tiers, groups } = planRouting(narrowed.tiers, means.health, means.settings)
    this.tiers = tiers
    this.#names = groups.map(({ name }) => name)
    this.#groups = groups.map(({ name, endpoints }) => {
      if (endpoints.length === 0) return undefined
      const kept = before?.groupNamed(name)
      return kept?.serves(endpoints) ? kept : new Group(endpoints, means.balancer, means.watch)
    })
    this.count = groups.reduce((sum, { endpoints }) => sum + endpoints.length, 0)
    let reached = 0
    this.#bounds = Float64Array.from(groups, ({ load }) => (reached += load))
    this.#loads = groups.map(({ load }) => load)
    // A tier that comes to be in panic is the same tier.
    this.#seeds = this.#names.map((name) => hashText(name.replace(' all', ' healthy')))
    const loaded = groups.flatMap(({ load }, i) => (load > 0 ? [i] : []))
    this.#holds = means.balancer.heldTo !== undefined && groups.length > 1
    this.#parts = groups.map(({ endpoints: _, ...part }) => part)
    this.#only = loaded.length === 1 ? this.#groups[loaded[0] as number] : undefined
  }

  /** Whether some calls fail at once, because a tier is in panic. */
  get refuses(): boolean {
    return this.#groups.includes(undefined)
  }

  /** The group of a name. */
  groupNamed(name: string): Group | undefined {
    return this.#groups[this.#names.indexOf(name)]
  }

  /**
   * The endpoint for the next attempt: from a group that is drawn by its part of the calls. When the call has tried all of that, from the first
   * other one that has an endpoint which it has not tried; and when it has tried everything, from the first again.
   *
   * @returns `undefined` when there is none, or when the balancer declines everywhere.
   */
  pick(query: RouteQuery): Endpoint | undefined {
    const drawn = (this.#holds ? this.#heldGroup(query) : undefined) ?? this.#only ?? this.#draw(query)
    if (drawn === undefined) return undefined
    if (query.call.spent.length > 0) query.narrow?.(this.#tierOf(drawn))
    if (drawn.hasUntried(query)) {
      const endpoint = drawn.pick(query)
      if (endpoint !== undefined) return endpoint
    }
    return this.#pickBeside(drawn, query)
  }

  /** What calls had better wait for: of one of the groups that they go to. */
  preparing(): unknown {
    if (this.#only !== undefined) return this.#only.preparing()
    for (let i = 0; i < this.#groups.length; i += 1) {
      const preparing = (this.#loads[i] as number) > 0 ? this.#groups[i]?.preparing() : undefined
      if (preparing !== undefined) return preparing
    }
    return undefined
  }

  /** Whether there is one that the call has not tried. */
  hasUntried(query: RouteQuery): boolean {
    const groups = this.#groups
    for (let i = 0; i < groups.length; i += 1) if (groups[i]?.hasUntried(query)) return true
    return false
  }

  /** Everybody in the tier of a group who is as well as those. */
  #tierOf(group: Group): readonly Endpoint[] {
    const groups = this.#groups
    if (groups.length === 1) return group.endpoints
    const tier = tierName(this.#names[groups.indexOf(group)] as string)
    return groups.flatMap((other, i) => (tierName(this.#names[i] as string) === tier ? (other?.endpoints ?? []) : []))
  }

  /** A group that was drawn and has endpoints to try has just declined. */
  #pickBeside(drawn: Group, query: RouteQuery): Endpoint | undefined {
    const groups = this.#groups
    for (let i = 0; i < groups.length; i += 1) {
      const group = groups[i]
      if (group === undefined || group === drawn || !group.hasUntried(query)) continue
      const endpoint = group.pick(query)
      if (endpoint !== undefined) return endpoint
    }
    for (let i = 0; i < groups.length; i += 1) {
      const group = groups[i]
      if (group === undefined || group.hasUntried(query)) continue
      const endpoint = group.pick(query)
      if (endpoint !== undefined) return endpoint
    }
    return undefined
  }

  /** By chance; for balancers that keep calls together, by what they keep them together by. */
  #draw(query: PickQuery): Group | undefined {
    const bounds = this.#bounds
    const end = bounds[bounds.length - 1] ?? 0
    // Nobody gets anything, and yet somebody may be there whom rounding took everything from.
    if (end === 0) return this.#groups[0]
    const { balancer, host, watch } = this.#means
    if (balancer.hash !== undefined) {
      try {
        return this.#groups[this.#preferredBy(checkedHash(balancer.hash(query.call)))]
      } catch (error) {
        watch.threw(error)
      }
    }
    const point = host.random.next() * 100
    for (let i = 0; i < bounds.length; i += 1) if (point < (bounds[i] as number)) return this.#groups[i]
    // Sums of fractions may end just below 100.
    return this.#groups[bounds.indexOf(end)]
  }

  /** The group of the endpoint that a call is held to, if it has not tried that, and goes there. */
  #heldGroup(query: PickQuery): Group | undefined {
    const { balancer, watch } = this.#means
    try {
      const held = balancer.heldTo?.(query.call)
      if (held === undefined || query.isSpent(held)) return undefined
      const at = heldGroup(held, this.#parts, (i) => this.#groups[i]?.has(held) === true)
      return at < 0 ? undefined : this.#groups[at]
    } catch (error) {
      watch.threw(error)
      return undefined
    }
  }

  /**
   * The group that a key prefers: the same for the same key, each as often as its part says. When parts change, only keys of those that lose
   * some move. Source: weighted rendezvous hashing.
   */
  #preferredBy(hash: number): number {
    let preferred = 0
    let best = Number.NEGATIVE_INFINITY
    for (let i = 0; i < this.#loads.length; i += 1) {
      const draw = (mix(hash ^ (this.#seeds[i] as number)) + 0.5) / 2 ** 32
      const score = -(this.#loads[i] as number) / Math.log(draw)
      if (score > best) [preferred, best] = [i, score]
    }
    return preferred
  }
}

/** Balancers may be untyped code; what is no number would stand for 0, and every call would go to one tier. */
function checkedHash(hash: unknown): number {
  if (Number.isFinite(hash)) return hash as number
  hearLateRejection(hash)
  throw new TypeError(`hash: expected a whole number in [0, 2^32), got ${printValue(hash)}`)
}

/** Tier and health, without the place. */
function tierName(name: string): string {
  return name.split(' ', 2).join(' ')
}
