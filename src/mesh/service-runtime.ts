import type { Call } from '../call/call.ts'
import type { Send } from '../call/layer.ts'
import { failed } from '../call/outcome.ts'
import { Directory } from '../discovery/directory.ts'
import { Roster } from '../endpoint/roster.ts'
import { MeshError } from '../errors/mesh-error.ts'
import type { Destination } from '../fetch/destination.ts'
import { HealthBoard } from '../health/health-board.ts'
import type { Host } from '../runtime/host.ts'
import { samePart } from '../runtime/part.ts'
import type { Transport } from '../transport/transport.ts'
import { assemble } from './assemble.ts'
import { CallGate } from './call-gate.ts'
import { CallLedger } from './call-ledger.ts'
import { closeCarefully, retireCarefully } from './careful-transport.ts'
import { pathTo } from './config-problems.ts'
import { Drain } from './drain.ts'
import type { MeshOptions } from './mesh-options.ts'
import { PartMaker } from './part-maker.ts'
import type { ServicePlan } from './plan.ts'
import type { PreparedService, ReadyService } from './prepared-service.ts'
import { makeParts, type ServiceParts } from './service-parts.ts'
import type { ServiceSnapshot } from './snapshot.ts'
import { snapshotService } from './snapshot-service.ts'

/**
 * One running service. Its endpoints and counts stay as long as it is part of the mesh; the chain of layers is replaced when a new plan
 * asks for another one, and the old chain, with what it alone uses, is closed when its last call is over.
 */
export class ServiceRuntime implements Destination {
  readonly service: string
  readonly #host: Host
  readonly #given: MeshOptions['transport']
  readonly #ledger = new CallLedger()
  readonly #roster = new Roster(() => this.#secure)
  readonly #health = new HealthBoard()
  readonly #drains = new Set<Drain>()
  /** The gates whose calls may still use a transport. */
  readonly #users = new Map<Transport, Set<CallGate>>()
  #final: Drain | undefined
  #secure = false
  #directory: Directory | undefined
  #current: ReadyService | undefined
  #retired = false

  /**
   * @param host the service.
   * @param transport what the mesh uses instead of its own connections, if anything.
   */
  constructor(host: Host, transport: MeshOptions['transport']) {
    this.service = host.service
    this.#host = host
    this.#given = transport
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
    return Promise.resolve(
      failed(new MeshError('CLOSED', 'the service is not part of the mesh any more', { service: this.service, sent: false })),
    )
  }

  /**
   * Makes the parts that a plan asks for, without putting them in force.
   *
   * @param plan the service as it shall be.
   */
  prepare(plan: ServicePlan): PreparedService {
    const before = this.#current
    const maker = new PartMaker(this.#host, pathTo('services', this.service))
    const parts = makeParts(plan, maker, this.#given, before?.parts)
    let gate = before !== undefined && sameChain(before.parts, parts) ? before.gate : undefined
    if (gate === undefined && maker.problems.length === 0) {
      try {
        this.#directory ??= this.#makeDirectory(parts)
        gate = new CallGate(assemble(parts, { directory: this.#directory, health: this.#health }, parts.judge, this.#host), this.#ledger)
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
    this.#usersOf(next.parts.transport).add(next.gate)
    const directory = this.#directory as Directory
    if (before === undefined) {
      directory.onChange(({ removed }) => {
        const { transport } = (this.#current ?? next).parts
        for (const endpoint of removed) retireCarefully(transport, endpoint, this.#host)
      })
      directory.start()
      return
    }
    if (next.parts.resolver !== before.parts.resolver) directory.replace(next.parts.resolver, next.plan.directory)
    if (secure !== secureBefore) directory.reread()
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
    if (current !== undefined && !this.#retired) {
      this.#final ??= new Drain(current.gate, this.#host.clock, (leftMs) => this.#end(current, leftMs))
      this.#drains.add(this.#final)
    }
    await Promise.all([...this.#drains].map((drain) => drain.run(graceMs, background)))
  }

  /** What is going on, as plain data. */
  snapshot(): ServiceSnapshot {
    const { parts } = this.#current as ReadyService
    return snapshotService(parts, this.#directory as Directory, this.#ledger)
  }

  #makeDirectory(parts: ServiceParts): Directory {
    const { service } = this
    return new Directory({ service, host: this.#host, resolver: parts.resolver, roster: this.#roster, options: parts.plan.directory })
  }

  /** Lets the calls of an old chain end. Its transport is closed with the last chain that uses it. */
  #giveUp(before: ReadyService, graceMs: number): void {
    const drain = new Drain(before.gate, this.#host.clock, async (leftMs) => {
      this.#drains.delete(drain)
      await this.#leave(before, leftMs)
    })
    this.#drains.add(drain)
    void drain.run(graceMs, true)
  }

  async #end(current: ReadyService, leftMs: number): Promise<void> {
    this.#retired = true
    const { transport, ownsTransport } = current.parts
    if (!ownsTransport) for (const endpoint of this.#roster.endpoints) retireCarefully(transport, endpoint, this.#host)
    await Promise.all([this.#directory?.close(), this.#leave(current, leftMs)])
  }

  async #leave({ parts, gate }: ReadyService, leftMs: number): Promise<void> {
    const users = this.#usersOf(parts.transport)
    users.delete(gate)
    if (users.size > 0) return
    this.#users.delete(parts.transport)
    await this.#closeTransport(parts, leftMs)
  }

  #usersOf(transport: Transport): Set<CallGate> {
    let users = this.#users.get(transport)
    if (users === undefined) {
      users = new Set()
      this.#users.set(transport, users)
    }
    return users
  }

  async #closeTransport({ transport, ownsTransport }: ServiceParts, leftMs: number): Promise<void> {
    if (ownsTransport) await closeCarefully(transport, leftMs, this.#host)
  }

  /** Closes the transport of parts that never came into force. */
  #closeUnused(parts: ServiceParts): void {
    if (parts.transport !== undefined && parts.transport !== this.#current?.parts.transport) void this.#closeTransport(parts, 0)
  }
}

/** Whether the parts that layers are made of are the very same. */
function sameChain(left: ServiceParts, right: ServiceParts): boolean {
  const names = ['balancer', 'transport', 'deadline', 'retry', 'hedge', 'judge'] as const
  return (
    names.every((name) => left[name] === right[name]) &&
    samePart(left.plan.classifier, right.plan.classifier) &&
    samePart(left.plan.retry, right.plan.retry) &&
    samePart(left.plan.sendOn, right.plan.sendOn) &&
    left.policies.length === right.policies.length &&
    left.policies.every((entry, i) => entry === right.policies[i])
  )
}
