import type { Endpoint } from '../endpoint/endpoint.ts'
import type { HealthView } from '../health/health-board.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'
import { type CandidateMeans, Candidates, type Narrowed } from './candidates.ts'
import type { DirectoryView } from './directory-view.ts'
import { type Distance, distanceFrom } from './distance.ts'
import type { LocalitySettings } from './locality-options.ts'
import { isHome } from './place.ts'
import { tiersOf } from './priority.ts'
import { planRouting, type RoutingPlan } from './routing-plan.ts'
import type { RoutingSettings } from './routing-settings.ts'
import { type SubsetLabels, subsetKey } from './subset.ts'
import { anyInPanic, endpointsFor } from './subset-fallback.ts'

/** So many subsets are remembered: their labels may come from requests, and what comes from outside must not fill the memory. */
export const mostSubsetsKept = 256

/**
 * The candidates of every subset that calls ask for, made when one is asked for and kept until the endpoints or their health change. What comes next
 * takes over the pickers of what did not change.
 */
export class CandidateSets {
  readonly #directory: DirectoryView
  readonly #means: CandidateMeans
  readonly #distance: Distance | undefined
  /** By the key of the subset; the empty one is for any endpoint. */
  #current = new Map<string, Candidates>()
  /** Those of the endpoints before. */
  #before: ReadonlyMap<string, Candidates> = new Map()
  #everyone: Candidates | undefined
  #version = Number.NaN
  #healthVersion = Number.NaN

  /**
   * @param directory the service's endpoints.
   * @param means see {@link CandidateMeans}.
   */
  constructor(directory: DirectoryView, means: CandidateMeans) {
    this.#directory = directory
    this.#means = means
    this.#distance = distanceFrom(means.settings.locality)
  }

  /**
   * The candidates for a call: all endpoints, or those that carry its labels, or what stands in for them.
   *
   * @param labels what the call asks for.
   * @param known the {@link subsetKey} of the labels, if the caller has it.
   */
  of(labels: SubsetLabels | undefined, known?: string): Candidates {
    const { version } = this.#directory
    const { health } = this.#means
    if (version !== this.#version || health.version !== this.#healthVersion) this.#tellBalancer()
    if (version !== this.#version) this.#turnOver(version)
    const key = known ?? (labels === undefined ? '' : subsetKey(labels))
    if (key === '') return this.#fresh(this.#everyone) ?? this.#renewEveryone()
    const found = this.#fresh(this.#current.get(key)) ?? this.#renew(key, labels as SubsetLabels)
    const { count, narrowed, tiers } = found
    const { subsetFallback } = this.#means.settings
    return anyInPanic(subsetFallback, labels as SubsetLabels, count, narrowed.tiers, tiers) ? this.of(undefined) : found
  }

  #tellBalancer(): void {
    const { balancer, health, host } = this.#means
    this.#healthVersion = health.version
    const threw = (error: unknown) => host.emit('part-threw', { service: host.service, part: `balancer ${balancer.name}`, error })
    try {
      const given: unknown = balancer.noticed?.(this.#directory.endpoints, (endpoint) => health.stateOf(endpoint) !== 'unhealthy')
      hearLateRejection(given, threw)
    } catch (error) {
      threw(error)
    }
  }

  /** What is known, if nothing has changed since. */
  #fresh(known: Candidates | undefined): Candidates | undefined {
    return known?.healthVersion === this.#means.health.version ? known : undefined
  }

  /** The endpoints changed. */
  #turnOver(version: number): void {
    this.#version = version
    this.#before = this.#current
    this.#current = new Map()
    this.#everyone = undefined
  }

  #renewEveryone(): Candidates {
    this.#everyone = this.#renew('', {})
    return this.#everyone
  }

  #renew(key: string, labels: SubsetLabels): Candidates {
    const stale = this.#current.get(key)
    const narrowed = stale?.narrowed ?? this.#narrow(key, labels)
    const candidates = new Candidates(narrowed, this.#means, stale ?? this.#before.get(key))
    if (stale === undefined && this.#current.size >= mostSubsetsKept) this.#forgetOldest()
    this.#current.set(key, candidates)
    return candidates
  }

  #forgetOldest(): void {
    for (const key of this.#current.keys()) {
      // That one is nobody's invention.
      if (key === '') continue
      this.#current.delete(key)
      return
    }
  }

  #narrow(key: string, labels: SubsetLabels): Narrowed {
    const { endpoints } = this.#directory
    const { locality, subsetFallback } = this.#means.settings
    const matching = key === '' ? endpoints : endpointsFor(endpoints, labels, subsetFallback)
    return { matching: matching.length, tiers: tiersOf(nearOf(matching, locality), this.#distance) }
  }
}

/** Where calls go that may go to any endpoint: for the snapshot, which shows it without being in the way of any call. */
export function planEverything(endpoints: readonly Endpoint[], health: HealthView, settings: RoutingSettings): RoutingPlan {
  const { locality } = settings
  return planRouting(tiersOf(nearOf(endpoints, locality), distanceFrom(locality)), health, settings)
}

function nearOf(endpoints: readonly Endpoint[], locality: LocalitySettings | undefined): readonly Endpoint[] {
  if (locality?.mode !== 'strict') return endpoints
  return Object.freeze(endpoints.filter((endpoint) => isHome(endpoint.locality, locality)))
}
