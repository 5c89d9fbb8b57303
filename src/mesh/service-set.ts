import { numberedStream } from '../discovery/numbered-stream.ts'
import { ConfigError, type ConfigProblem } from '../errors/config-error.ts'
import type { Host } from '../runtime/host.ts'
import { samePart } from '../runtime/part.ts'
import { readServiceHost, type ServiceHost } from './host-syntax.ts'
import { HostTable } from './host-table.ts'
import type { RuntimeMeans, ServiceMeans } from './mesh-means.ts'
import type { ServicePlan } from './plan.ts'
import type { ReadyService } from './prepared-service.ts'
import { ServiceRuntime } from './service-runtime.ts'

/** The services of a plan. */
type ServicePlans = Readonly<Record<string, ServicePlan>>

/** What a new plan did to the services. */
export interface ServiceChanges {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

/** The running services of a mesh, and the hosts that name them. */
export class ServiceSet {
  readonly #host: Host
  readonly #means: RuntimeMeans
  readonly #leaving = new Set<ServiceRuntime>()
  #plans: ServicePlans = {}
  #running: ReadonlyMap<string, ServiceRuntime> = new Map()
  #hosts = new HostTable<ServiceRuntime>()

  /**
   * @param host the mesh.
   * @param means what the mesh gives its services.
   */
  constructor(host: Host, means: ServiceMeans) {
    this.#host = host
    this.#means = { ...means, find: (service) => this.#running.get(service) }
  }

  /** Every service by name. */
  get running(): ReadonlyMap<string, ServiceRuntime> {
    return this.#running
  }

  /** The hosts that name services. */
  get hosts(): HostTable<ServiceRuntime> {
    return this.#hosts
  }

  /**
   * Puts the services of a plan in force. Everything is made before anything is changed.
   *
   * @param plans the services of a finished plan.
   * @param graceMs how long calls in flight may use what is not needed any more, in milliseconds.
   * @throws ConfigError when a part cannot be made; then nothing has changed.
   */
  apply(plans: ServicePlans, graceMs: number): ServiceChanges {
    const ready = this.#prepare(plans)
    const before = this.#plans
    const left = [...this.#running].filter(([name]) => !ready.has(name))
    const changes: ServiceChanges = {
      added: [...ready.keys()].filter((name) => !this.#running.has(name)),
      removed: left.map(([name]) => name),
      changed: [...ready.keys()].filter((name) => this.#running.has(name) && !samePart(before[name], plans[name])),
    }
    this.#plans = plans
    this.#running = new Map([...ready].map(([name, { runtime }]) => [name, runtime]))
    this.#hosts = tableOf(this.#running, plans)
    for (const { runtime, service } of ready.values()) runtime.adopt(service, graceMs)
    for (const [, runtime] of left) this.#leave(runtime, graceMs)
    return changes
  }

  /**
   * Ends all services, also those that are leaving already.
   *
   * @param graceMs how long calls may take, in milliseconds.
   */
  async retire(graceMs: number): Promise<void> {
    await Promise.all([...this.#running.values(), ...this.#leaving].map((runtime) => runtime.retire(graceMs, false)))
  }

  #prepare(plans: ServicePlans): Map<string, { readonly runtime: ServiceRuntime; readonly service: ReadyService }> {
    const ready = new Map<string, { readonly runtime: ServiceRuntime; readonly service: ReadyService }>()
    const problems: ConfigProblem[] = []
    let cause: unknown
    for (const [name, plan] of Object.entries(plans)) {
      const runtime = this.#running.get(name) ?? new ServiceRuntime(this.#hostOf(name), this.#means)
      const service = runtime.prepare(plan)
      if (service.ok) {
        ready.set(name, { runtime, service })
        continue
      }
      problems.push(...service.problems)
      cause ??= service.cause
    }
    if (problems.length === 0) return ready
    for (const { runtime, service } of ready.values()) runtime.discard(service)
    throw new ConfigError(problems, cause)
  }

  #hostOf(service: string): Host {
    return { ...this.#host, service, random: numberedStream(this.#host.random, `service ${service}`) }
  }

  #leave(runtime: ServiceRuntime, graceMs: number): void {
    this.#leaving.add(runtime)
    void runtime.retire(graceMs, true).then(() => this.#leaving.delete(runtime))
  }
}

function tableOf(running: ReadonlyMap<string, ServiceRuntime>, plans: ServicePlans): HostTable<ServiceRuntime> {
  const table = new HostTable<ServiceRuntime>()
  for (const [name, runtime] of running) {
    for (const host of [name, ...(plans[name]?.aliases ?? [])]) table.add(readServiceHost(host) as ServiceHost, runtime)
  }
  return table
}
