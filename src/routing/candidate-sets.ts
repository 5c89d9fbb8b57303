import type { Balancer } from '../balancing/balancer.ts'
import type { HealthView } from '../health/health-board.ts'
import type { Host } from '../runtime/host.ts'
import { Candidates } from './candidates.ts'
import type { DirectoryView } from './directory-view.ts'
import { endpointsOfSubset, type SubsetLabels, subsetKey } from './subset.ts'

/** So many subsets are remembered: their labels may come from requests, and what comes from outside must not fill the memory. */
export const mostSubsetsKept = 256

/** The candidates of every subset that calls ask for, made when one is asked for and kept until the endpoints change. */
export class CandidateSets {
  readonly #directory: DirectoryView
  readonly #health: HealthView
  readonly #balancer: Balancer
  readonly #host: Host
  readonly #bySubset = new Map<string, Candidates>()
  #everyone: Candidates | undefined
  #version = Number.NaN
  #healthVersion = Number.NaN

  /**
   * @param known the service's endpoints, and their health.
   * @param balancer chooses among candidates.
   * @param host hears of a balancer that throws.
   */
  constructor(known: { readonly directory: DirectoryView; readonly health: HealthView }, balancer: Balancer, host: Host) {
    this.#directory = known.directory
    this.#health = known.health
    this.#balancer = balancer
    this.#host = host
  }

  /** The candidates for a call: all endpoints, or those that carry its labels. */
  of(labels: SubsetLabels | undefined): Candidates {
    const { version } = this.#directory
    const healthVersion = this.#health.version
    if (version !== this.#version || healthVersion !== this.#healthVersion) {
      this.#version = version
      this.#healthVersion = healthVersion
      this.#everyone = undefined
      this.#bySubset.clear()
      this.#tellBalancer()
    }
    const key = labels === undefined ? '' : subsetKey(labels)
    if (key === '') {
      this.#everyone ??= new Candidates(this.#directory.endpoints, this.#balancer, this.#host)
      return this.#everyone
    }
    return this.#bySubset.get(key) ?? this.#add(key, labels as SubsetLabels)
  }

  #tellBalancer(): void {
    try {
      this.#balancer.noticed?.(this.#directory.endpoints, (endpoint) => this.#health.stateOf(endpoint) !== 'unhealthy')
    } catch (error) {
      this.#host.emit('part-threw', { service: this.#host.service, part: `balancer ${this.#balancer.name}`, error })
    }
  }

  #add(key: string, labels: SubsetLabels): Candidates {
    const subsets = this.#bySubset
    if (subsets.size >= mostSubsetsKept) {
      const [oldest] = subsets.keys()
      subsets.delete(oldest as string)
    }
    const candidates = new Candidates(endpointsOfSubset(this.#directory.endpoints, labels), this.#balancer, this.#host)
    subsets.set(key, candidates)
    return candidates
  }
}
