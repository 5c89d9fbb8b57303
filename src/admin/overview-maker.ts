import type { MeshSnapshot, ServiceSnapshot } from '../mesh/snapshot.ts'
import type { Clock } from '../runtime/clock.ts'
import type { AdminMesh } from './admin-mesh.ts'
import type { EventLog } from './event-log.ts'
import type { EndpointOverview, Overview, RouteOverview, ServiceOverview } from './overview.ts'

/** The time that rates cover when somebody looks all the while. */
const windowMs = 5_000
/** What was counted longer ago than this, or than three looks, says nothing of now. */
const oldestMs = 15_000

interface Count {
  readonly done: number
  readonly failed: number
}

/** What was counted at some time: of services by name, of endpoints by name and address, of routes by both names. */
interface Sample {
  readonly at: number
  readonly services: ReadonlyMap<string, Count>
  readonly endpoints: ReadonlyMap<string, Count>
  readonly routes: ReadonlyMap<string, Count>
}

/** Makes overviews, and remembers what was counted lately, so that they have rates. */
export class OverviewMaker {
  readonly #net: AdminMesh
  readonly #log: EventLog
  readonly #actions: boolean
  readonly #oldestMs: number
  readonly #clock: Clock
  #samples: readonly Sample[] = []

  /**
   * @param net the mesh.
   * @param log its events.
   * @param actions whether it may be acted upon.
   * @param clock the source of time.
   * @param intervalMs how often somebody looks.
   */
  constructor(net: AdminMesh, log: EventLog, actions: boolean, clock: Clock, intervalMs = 0) {
    this.#net = net
    this.#log = log
    this.#actions = actions
    this.#oldestMs = Math.max(oldestMs, 3 * intervalMs)
    this.#clock = clock
  }

  /** What is going on now. */
  make(): Overview {
    const snapshot = this.#net.snapshot()
    const sample = sampleOf(snapshot, this.#clock.now())
    const before = this.#remember(sample)
    const services = Object.entries(snapshot.services).map(([name, service]) => this.#serviceOf(name, service, sample, before))
    const { name, state, since } = snapshot
    const covered = before === undefined ? 0 : sample.at - before.at
    const actions = this.#actions
    return { mesh: name, state, since, at: this.#clock.wallTime(), windowMs: covered, actions, services, events: this.#log.lines }
  }

  /** Keeps a sample; answers with the one to compare it with. */
  #remember(sample: Sample): Sample | undefined {
    const recent = this.#samples.filter(({ at }) => sample.at - at <= this.#oldestMs && sample.at > at)
    // The youngest that is old enough, and all after it.
    const enough = recent.findLastIndex(({ at }) => sample.at - at >= windowMs)
    const kept = recent.slice(Math.max(0, enough))
    this.#samples = [...kept, sample]
    return kept[0]
  }

  #serviceOf(name: string, service: ServiceSnapshot, sample: Sample, before: Sample | undefined): ServiceOverview {
    const { state, resolver, balancer, ageMs, lastError, tiers, ejections, calls, extraAttempts, retryBudget, latency } = service
    const { rateLimit, concurrency, admission, circuit, split, mirror, fault } = service
    const { limits, ...waiting } = service.endpointConcurrency ?? {}
    const endpointConcurrency = service.endpointConcurrency && (waiting as ServiceOverview['endpointConcurrency'])
    const works = { rateLimit, concurrency, endpointConcurrency, admission, circuit, split, mirror, fault }
    const told = { state, resolver, balancer, ageMs, lastError, tiers, ejections, calls, extraAttempts, retryBudget, latency }
    const seconds = before === undefined ? undefined : (sample.at - before.at) / 1_000
    const delta = (address: string): Count => difference(sample.endpoints, before?.endpoints, keyOf(name, address))
    const all = service.endpoints.reduce((sum, { address }) => sum + delta(address).done, 0)
    const endpoints = service.endpoints.map((endpoint): EndpointOverview => {
      const { idle: _idle, ...shown } = endpoint
      const { done, failed } = delta(endpoint.address)
      return { ...shown, limit: limits?.[endpoint.address], share: all === 0 ? 0 : done / all, ...ratesOf({ done, failed }, seconds) }
    })
    const rates = ratesOf(difference(sample.services, before?.services, name), seconds)
    const routes = Object.entries(service.routes).map(([route, known]): RouteOverview => {
      return { name: route, ...known, ...ratesOf(difference(sample.routes, before?.routes, keyOf(name, route)), seconds) }
    })
    return { name, ...told, ...works, ...rates, routes, endpoints }
  }
}

function sampleOf(snapshot: MeshSnapshot, at: number): Sample {
  const services = new Map<string, Count>()
  const endpoints = new Map<string, Count>()
  const routes = new Map<string, Count>()
  for (const [name, service] of Object.entries(snapshot.services)) {
    services.set(name, { done: service.calls.started, failed: service.calls.failed })
    for (const { address, attempts, failures } of service.endpoints)
      endpoints.set(keyOf(name, address), { done: attempts, failed: failures })
    for (const [route, { calls }] of Object.entries(service.routes))
      routes.set(keyOf(name, route), { done: calls.started, failed: calls.failed })
  }
  return { at, services, endpoints, routes }
}

function keyOf(service: string, address: string): string {
  return `${service} ${address}`
}

/** What was counted since; an endpoint that left and came back begins at 0 again. */
function difference(now: ReadonlyMap<string, Count>, before: ReadonlyMap<string, Count> | undefined, key: string): Count {
  const { done, failed } = now.get(key) as Count
  const old = before?.get(key) ?? { done: 0, failed: 0 }
  return { done: done >= old.done ? done - old.done : done, failed: failed >= old.failed ? failed - old.failed : failed }
}

function ratesOf(
  { done, failed }: Count,
  seconds: number | undefined,
): { perSecond: number | undefined; failuresPerSecond: number | undefined } {
  if (seconds === undefined) return { perSecond: undefined, failuresPerSecond: undefined }
  return { perSecond: done / seconds, failuresPerSecond: failed / seconds }
}
