import type { Call } from '../call/call.ts'
import type { Send } from '../call/layer.ts'
import { failed } from '../call/outcome.ts'
import { Directory } from '../discovery/directory.ts'
import { Roster } from '../endpoint/roster.ts'
import type { Destination } from '../fetch/destination.ts'
import { AnnouncedHealth } from '../health/announced-health.ts'
import { Ejector } from '../health/ejector.ts'
import { HealthBoard } from '../health/health-board.ts'
import { HealthChecker } from '../health/health-checker.ts'
import { ProbeDesk } from '../health/probe-desk.ts'
import { noteReportedHealth } from '../health/reported-health.ts'
import type { BalancerFaults } from '../routing/balancer-watch.ts'
import type { Host } from '../runtime/host.ts'
import { assemble, type Known } from './assemble.ts'
import { BalancerNews } from './balancer-news.ts'
import { ByHand } from './by-hand.ts'
import { CallGate } from './call-gate.ts'
import { CallLedger } from './call-ledger.ts'
import { closeCarefully, retireCarefully } from './careful-transport.ts'
import { closeBalancer } from './close-balancer.ts'
import { pathTo } from './config-problems.ts'
import { Drain } from './drain.ts'
import { goneError } from './gone-error.ts'
import type { RuntimeMeans } from './mesh-means.ts'
import { PartMaker } from './part-maker.ts'
import type { ServicePlan } from './plan.ts'
import type { PreparedService, ReadyService } from './prepared-service.ts'
import type { RoutedParts } from './route-control.ts'
import { closeRouteMirrors } from './route-traffic.ts'
import { sameChain } from './same-chain.ts'
import { ServiceCircuits } from './service-circuits.ts'
import { closeConcurrency, useConcurrency, whenReady } from './service-concurrency.ts'
import type { ServiceFacts } from './service-facts.ts'
import { makeParts, type ServiceParts } from './service-parts.ts'
import { closeRoutes, endRoutes, useRoutes } from './service-routes.ts'
import { ServiceWitness } from './service-witness.ts'
import type { ServiceSnapshot } from './snapshot.ts'
import { snapshotService } from './snapshot-service.ts'
import { useSplit } from './split-control.ts'
import { TransportUsers } from './transport-users.ts'

const nothingToSwitch: RoutedParts = Object.freeze({ split: undefined, fault: undefined, routes: [] })

/**
 * One running service. Its endpoints and counts stay as long as it is part of the mesh; the chain of layers is replaced when a new plan
 * asks for another one, and the old chain, with what it alone uses, is closed when its last call is over.
 */
export class ServiceRuntime implements Destination {
  readonly service: string
  /** What somebody outside may do to it. */
  readonly byHand: ByHand
  readonly #host: Host
  readonly #given: RuntimeMeans
  readonly #ledger = new CallLedger()
  readonly #roster = new Roster(() => this.#secure)
  readonly #health = new HealthBoard(() => this.#news.healthChanged())
  readonly #news: BalancerNews
  readonly #announced: AnnouncedHealth
  readonly #probes: ProbeDesk
  readonly #ejector: Ejector
  readonly #checker: HealthChecker
  readonly #circuits: ServiceCircuits
  readonly #faults: BalancerFaults = { faults: 0, bypasses: 0 }
  readonly #drains = new Set<Drain>()
  readonly #users = new TransportUsers()
  /** Sees how calls end, and tells of them. */
  readonly teller: ServiceWitness
  #final: Drain | undefined
  #secure = false
  #directory: Directory | undefined
  #current: ReadyService | undefined
  #retired = false

  /**
   * @param host the service.
   * @param means what the mesh gives its services.
   */
  constructor(host: Host, means: RuntimeMeans) {
    this.service = host.service
    this.#host = host
    this.#given = means
    this.#news = new BalancerNews(this.#health, host, () => {
      const balancer = this.#retired ? undefined : this.#current?.parts.balancer
      return balancer && { balancer, endpoints: this.#roster.endpoints }
    })
    this.#announced = new AnnouncedHealth(this.#health, host.clock, (endpoint) => this.#checker.failAtOnce(endpoint))
    this.#probes = new ProbeDesk(this.#health, host.clock)
    const count = () => this.#roster.endpoints.length
    this.#ejector = new Ejector({ host, board: this.#health, probes: this.#probes, count })
    this.#checker = new HealthChecker(host, this.#health, (endpoint) => this.#announced.takeBack(endpoint))
    this.#circuits = new ServiceCircuits(host, this.#health, this.#probes)
    this.byHand = new ByHand(() => this.#roster.endpoints, this.#ejector, this.#health, this.#circuits)
    this.teller = new ServiceWitness(host.service, () => this.facts, host, means)
  }

  /** What is known of it now; `undefined` before its first plan. */
  get facts(): ServiceFacts | undefined {
    const { parts } = this.#current ?? {}
    if (parts === undefined) return undefined
    const [ejector, checker, circuits, board, faults] = [this.#ejector, this.#checker, this.#circuits, this.#health, this.#faults]
    return {
      parts,
      directory: this.#directory as Directory,
      judges: { ejector, checker, circuits, board, faults, metrics: this.#given.metrics?.of(this.#host) },
      host: this.#host,
    }
  }

  /** How long a call may take that does not say so itself, in milliseconds. */
  get deadlineMs(): number {
    return this.#current?.plan.deadline ?? Number.POSITIVE_INFINITY
  }

  /** The `Host` that endpoints are told instead of the URL's. */
  get authority(): string | undefined {
    return this.#current?.plan.http.authority
  }

  /** Carries a call to its outcome. */
  readonly send: Send<Call> = (call) => {
    const gate = this.#current?.gate
    if (gate !== undefined && !this.#retired) return gate.send(call)
    return Promise.resolve(failed(goneError(this.service)))
  }

  /** Makes the parts that a plan asks for, without putting them in force. */
  prepare(plan: ServicePlan): PreparedService {
    const before = this.#current
    const maker = new PartMaker(this.#host, pathTo('services', this.service))
    const parts = makeParts(plan, maker, this.#given, before?.parts)
    let gate = before !== undefined && sameChain(before.parts, parts) ? before.gate : undefined
    if (gate === undefined && maker.problems.length === 0) {
      try {
        this.#directory ??= this.#makeDirectory(parts)
        const { metrics } = this.#given
        const chain = assemble(parts, this.#known(this.#directory, plan), parts.judge, this.#host)
        gate = new CallGate(chain, this.#ledger, this.teller, metrics?.of(this.#host).calls)
      } catch (error) {
        maker.fail('policies', error)
      }
    }
    if (gate !== undefined) return { ok: true, plan, parts, gate }
    this.#closeUnused(parts)
    return { ok: false, problems: maker.problems, cause: maker.cause }
  }

  /** Gives up what was prepared and is not wanted after all. */
  discard({ parts }: ReadyService): void {
    this.#closeUnused(parts)
  }

  /**
   * Puts a prepared plan in force. New calls go the new way; calls in flight end on what they began with.
   *
   * @param next what {@link prepare} made.
   * @param graceMs how long calls in flight may use what is not needed any more, in milliseconds.
   */
  adopt(next: ReadyService, graceMs: number): void {
    const before = this.#current
    const secure = next.plan.tls !== undefined
    const secureBefore = this.#secure
    this.#current = next
    this.#secure = secure
    this.#users.join(next.parts.transport, next.gate)
    this.#circuits.configure(next.plan.circuitBreaker)
    if (next.plan.serverDraining === false) this.#announced.takeBackAll()
    const directory = this.#directory as Directory
    useConcurrency(next.parts, before?.parts)
    useRoutes(next.parts.routes, before?.parts.routes)
    useSplit(next.parts.split, before?.parts.split)
    this.#ejector.use(next.parts.ejection)
    this.#checker.use(next.parts.healthCheck, directory.endpoints)
    if (before === undefined) {
      directory.onChange(({ added, altered, removed }) => {
        noteReportedHealth(this.#health, added)
        noteReportedHealth(this.#health, altered)
        this.#ejector.forget(removed)
        this.#checker.forget(removed)
        this.#checker.add(added)
        const { transport, endpointPermits } = (this.#current ?? next).parts
        this.#news.endpointsChanged()
        endpointPermits?.reconsider()
        for (const endpoint of removed) {
          this.#probes.forget(endpoint)
          this.#circuits.endpoints.forget(endpoint)
          retireCarefully(transport, endpoint, this.#host)
        }
      })
      directory.start()
      return
    }
    if (next.parts.resolver !== before.parts.resolver) directory.replace(next.parts.resolver, next.plan.directory)
    if (secure !== secureBefore) directory.reread()
    if (next.parts.balancer !== before.parts.balancer) this.#news.endpointsChanged()
    if (next.gate !== before.gate) this.#giveUp(before, graceMs)
  }

  /**
   * Ends the service: its calls end, then its resolver and its connections.
   *
   * @param graceMs how long the calls may take, in milliseconds. A second time, with less, cuts the wait short.
   * @param background whether nobody waits for it.
   */
  async retire(graceMs: number, background: boolean): Promise<void> {
    const current = this.#current
    current?.parts.mirror?.close()
    if (current !== undefined) closeRouteMirrors(current.parts.routes)
    if (current !== undefined && !this.#retired) {
      this.#final ??= new Drain(current.gate, this.#host.clock, (leftMs) => this.#end(current, leftMs))
      this.#drains.add(this.#final)
    }
    await Promise.all([...this.#drains].map((drain) => drain.run(graceMs, background)))
  }

  /** What is going on, as plain data. */
  snapshot(): ServiceSnapshot {
    const { parts, directory, judges, host } = this.facts as ServiceFacts
    return snapshotService(parts, directory, this.#ledger, judges, host)
  }

  /** Resolves when a call would not have to wait for a permit. */
  readonly ready = () => whenReady(() => (this.#retired ? undefined : this.#current?.parts), this.#roster, this.service)

  /** What somebody outside may switch. */
  readonly switches = (): RoutedParts => this.#current?.parts ?? nothingToSwitch

  #known(directory: Directory, plan: ServicePlan): Known {
    const { endpoints, service } = this.#circuits
    // Circuits hear of an attempt before ejection does: theirs is the shorter absence, and whom they keep out is not ejected as well.
    return {
      directory,
      health: this.#health,
      heard: plan.serverDraining === false ? undefined : this.#announced.listener(plan.serverDraining.hold),
      faults: this.#faults,
      broke: this.teller.broke,
      telemetry: this.#given.telemetry,
      metrics: this.#given.metrics?.of(this.#host),
      probes: this.#probes,
      watchers: [endpoints, this.#ejector, this.#checker],
      circuit: service,
    }
  }

  #makeDirectory(parts: ServiceParts): Directory {
    const { service } = this
    return new Directory({ service, host: this.#host, resolver: parts.resolver, roster: this.#roster, options: parts.plan.directory })
  }

  /** Lets the calls of an old chain end. Its transport is closed with the last chain that uses it. */
  #giveUp(before: ReadyService, graceMs: number): void {
    if (this.#current?.parts.mirror !== before.parts.mirror) before.parts.mirror?.close()
    closeRouteMirrors(before.parts.routes, this.#current?.parts.routes)
    const drain = new Drain(before.gate, this.#host.clock, async (leftMs) => {
      this.#drains.delete(drain)
      if (this.#current?.parts.balancer !== before.parts.balancer) closeBalancer(before.parts.balancer, this.#host)
      if (this.#current?.parts.rateLimit !== before.parts.rateLimit) before.parts.rateLimit?.close()
      closeRoutes(before.parts.routes, this.#current?.parts.routes)
      await this.#leave(before, leftMs)
    })
    this.#drains.add(drain)
    void drain.run(graceMs, true)
  }

  async #end(current: ReadyService, leftMs: number): Promise<void> {
    this.#retired = true
    current.parts.rateLimit?.close()
    useSplit(undefined, current.parts.split)
    closeBalancer(current.parts.balancer, this.#host)
    closeConcurrency(current.parts, this.service)
    endRoutes(current.parts.routes, this.service)
    this.#announced.close()
    this.#circuits.close()
    this.#probes.close()
    this.#ejector.close()
    this.#checker.close()
    const { transport, ownsTransport } = current.parts
    if (!ownsTransport) for (const endpoint of this.#roster.endpoints) retireCarefully(transport, endpoint, this.#host)
    await Promise.all([this.#directory?.close(), this.#leave(current, leftMs)])
  }

  async #leave({ parts, gate }: ReadyService, leftMs: number): Promise<void> {
    if (this.#users.leave(parts.transport, gate)) await this.#closeTransport(parts, leftMs)
  }

  async #closeTransport({ transport, ownsTransport }: ServiceParts, leftMs: number): Promise<void> {
    if (ownsTransport) await closeCarefully(transport, leftMs, this.#host)
  }

  /** Closes the transport of parts that never came into force. */
  #closeUnused(parts: ServiceParts): void {
    if (parts.balancer !== undefined && parts.balancer !== this.#current?.parts.balancer) closeBalancer(parts.balancer, this.#host)
    if (parts.healthCheck !== this.#current?.parts.healthCheck) parts.healthCheck?.check.close()
    if (parts.transport !== undefined && parts.transport !== this.#current?.parts.transport) void this.#closeTransport(parts, 0)
  }
}
