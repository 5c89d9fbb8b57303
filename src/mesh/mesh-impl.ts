import { numberedStream } from '../discovery/numbered-stream.ts'
import { createDispatcher } from '../dispatcher/create-dispatcher.ts'
import { createRequest, type MeshRequest } from '../dispatcher/create-request.ts'
import type { MeshDispatcher } from '../dispatcher/dispatcher.ts'
import { MeshError } from '../errors/mesh-error.ts'
import { printValue } from '../errors/print-value.ts'
import { createFetch, createServiceFetch, type MeshFetch } from '../fetch/create-fetch.ts'
import type { Destination, DestinationFinder } from '../fetch/destination.ts'
import type { MeshRequestInit } from '../fetch/fetch-request.ts'
import { readOutline } from '../fetch/read-outline.ts'
import type { ForcedCircuit } from '../health/circuit-snapshot.ts'
import { CallRecords } from '../records/call-records.ts'
import type { DecisionRecord } from '../records/decision-record.ts'
import { type Duration, durationMs } from '../runtime/duration.ts'
import { Events, type HeardEvent, type MeshEventListener, type MeshEventName } from '../runtime/events.ts'
import type { Host } from '../runtime/host.ts'
import { systemRandom } from '../runtime/system-random.ts'
import { undiciTransport } from '../transport/undici-transport.ts'
import { closeCarefully } from './careful-transport.ts'
import type { CircuitControl } from './circuit-control.ts'
import { explainCall } from './explain-call.ts'
import type { Explanation } from './explanation.ts'
import { faultControl } from './fault-control.ts'
import type { CloseOptions, Mesh, ServiceClient } from './mesh.ts'
import type { MeshMeans } from './mesh-means.ts'
import { meshDefaults } from './mesh-options.ts'
import { meterMesh } from './metered-meshes.ts'
import { nearestName } from './nearest-name.ts'
import { Passthrough } from './passthrough.ts'
import type { MeshPlan, MeshPlanInput } from './plan.ts'
import { readPlan } from './read-plan.ts'
import type { ServiceRuntime } from './service-runtime.ts'
import { ServiceSet } from './service-set.ts'
import { ServiceWitness } from './service-witness.ts'
import type { MeshSnapshot, PassthroughSnapshot } from './snapshot.ts'
import { splitControl } from './split-control.ts'
import { joinUtilisation } from './utilisation.ts'

const defaultGraceMs = durationMs(meshDefaults.grace, 'grace')

const noPassthrough: PassthroughSnapshot = Object.freeze({
  origins: 0,
  calls: Object.freeze({ started: 0, succeeded: 0, failed: 0, ignored: 0, inFlight: 0, retried: 0 }),
  metrics: undefined,
})

/** The class behind `Mesh`. */
export class MeshImpl implements Mesh, DestinationFinder {
  readonly fetch: MeshFetch
  readonly dispatcher: MeshDispatcher
  readonly request: MeshRequest
  readonly #means: MeshMeans
  readonly #events = new Events()
  readonly #host: Host
  readonly #services: ServiceSet
  readonly #records: CallRecords | undefined
  readonly #clients = new Map<string, ServiceClient>()
  readonly #since: number
  #plan: MeshPlan
  #passthrough: Passthrough | undefined
  #state: MeshSnapshot['state'] = 'open'
  #closing: Promise<void> | undefined
  readonly #closers = new Set<() => void>()

  /**
   * @param plan a finished plan.
   * @param means what the mesh runs on.
   * @throws ConfigError when a part cannot be made; then nothing was started.
   */
  constructor(plan: MeshPlan, means: MeshMeans) {
    const { clock, random = systemRandom(), records } = means
    this.#means = means
    this.#since = clock.wallTime()
    this.#host = Object.freeze({ service: plan.name, clock, random, emit: this.#events.emit })
    this.#records = records && new CallRecords(records, random)
    this.#services = new ServiceSet(this.#host, { ...means, records: this.#records })
    this.#plan = plan
    this.fetch = createFetch(this, clock)
    this.dispatcher = createDispatcher(this, clock)
    this.request = createRequest(this.dispatcher)
    if (means.metrics !== undefined) {
      meterMesh(this, means.metrics)
      means.metrics.watch((name, listener) => this.#events.on(name, listener))
    }
    this.#services.apply(plan.services, defaultGraceMs)
  }

  /** What the parts of the mesh are given; for rooms above this one. */
  get host(): Host {
    return this.#host
  }

  get plan(): MeshPlan {
    return this.#plan
  }

  /** Asked by the door, once a call. */
  find(protocol: 'http:' | 'https:', hostname: string, port: string): Destination | MeshError {
    if (this.#state !== 'open') return this.#closedError(hostname)
    const service = this.#services.hosts.find(protocol, hostname, port)
    if (service !== undefined) return service
    if (this.#plan.outbound === 'registered-only') return this.#unknownError(port === '' ? hostname : `${hostname}:${port}`, hostname)
    try {
      this.#passthrough ??= this.#openPassthrough()
    } catch (error) {
      return new MeshError('INTERNAL', 'the transport could not be made', { service: hostname, sent: false }, error)
    }
    return this.#passthrough.find(protocol, hostname, port)
  }

  service(name: string): ServiceClient {
    let client = this.#clients.get(name)
    if (client !== undefined) return client
    const names = [...this.#services.running.keys()]
    if (!names.includes(name)) throw new TypeError(`service: expected one of ${names.map(printValue).join(', ')}, got ${printValue(name)}`)
    const fetch = createServiceFetch(this, this.#means.clock, name, () => this.#findByName(name))
    const running = () => this.#runningByName(name)
    const eject = (address: string, time: Duration = Number.POSITIVE_INFINITY) =>
      running().byHand.eject(address, durationMs(time, 'eject: time'))
    const readmit = (address: string) => running().byHand.readmit(address)
    const drain = (address: string) => running().byHand.drain(address)
    const switches = () => running().switches()
    const fault = faultControl(name, switches)
    const ready = async () => {
      const found = this.#findByName(name)
      if (MeshError.is(found)) throw found
      await found.ready()
    }
    const [circuit, split] = [circuitOf(running), splitControl(name, switches)]
    client = Object.freeze({ name, fetch: fetch as ServiceClient['fetch'], circuit, split, fault, ready, eject, drain, readmit })
    this.#clients.set(name, client)
    return client
  }

  apply(input: MeshPlanInput): void {
    if (this.#state !== 'open') throw this.#closedError(this.#plan.name)
    const plan = readPlan(input)
    const changes = this.#services.apply(plan.services, defaultGraceMs)
    this.#plan = plan
    this.#events.emit('plan-applied', changes)
  }

  snapshot(): MeshSnapshot {
    const services = [...this.#services.running].map(([name, runtime]) => [name, runtime.snapshot()] as const)
    const known = Object.fromEntries(services)
    return {
      name: this.#plan.name,
      since: this.#since,
      state: this.#state,
      services: known,
      passthrough: this.#passthrough?.snapshot() ?? noPassthrough,
      utilisation: joinUtilisation(Object.values(known).map(({ utilisation }) => utilisation)),
    }
  }

  recent(): readonly DecisionRecord[] {
    return this.#records?.recent() ?? []
  }

  explain(input: string | URL | Request, init?: MeshRequestInit): Explanation {
    return explainCall(
      readOutline(input, init),
      this.#plan,
      this.#services,
      this.#host,
      this.#state !== 'open',
      this.#means.telemetry?.redact,
    )
  }

  on<Name extends MeshEventName>(event: Name, listener: MeshEventListener<Name>): () => void
  on(event: '*', listener: (heard: HeardEvent) => void): () => void
  on(event: never, listener: never): () => void {
    return this.#events.on(event, listener)
  }

  close(options?: CloseOptions): Promise<void> {
    const graceMs = durationMs(options?.grace ?? meshDefaults.grace, 'close: grace')
    this.#closing ??= this.#shutDown(graceMs)
    return this.#closing
  }

  /** Runs a task when the mesh begins to close. @returns a function that takes the task away. */
  whenClosing(task: () => void): () => void {
    if (this.#state === 'open') this.#closers.add(task)
    else task()
    return () => void this.#closers.delete(task)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #shutDown(graceMs: number): Promise<void> {
    const { clock, transport } = this.#means
    const endsAt = clock.now() + graceMs
    this.#state = 'closing'
    for (const task of this.#closers) task()
    await Promise.all([this.#services.retire(graceMs), this.#passthrough?.retire(graceMs)])
    if (typeof transport === 'object') await closeCarefully(transport, Math.max(0, endsAt - clock.now()), this.#host)
    this.#state = 'closed'
  }

  #runningByName(name: string): ServiceRuntime {
    const found = this.#findByName(name)
    if (MeshError.is(found)) throw found
    return found
  }

  #findByName(name: string): ServiceRuntime | MeshError {
    if (this.#state !== 'open') return this.#closedError(name)
    return this.#services.running.get(name) ?? this.#removedError(name)
  }

  #openPassthrough(): Passthrough {
    const { transport, telemetry, metrics } = this.#means
    const host: Host = { ...this.#host, random: numberedStream(this.#host.random, 'passthrough') }
    const shared = typeof transport === 'object'
    const carrier = shared ? transport : (transport ?? undiciTransport())(host)
    const teller = new ServiceWitness('hosts that no service declares', () => undefined, host, { records: this.#records, telemetry })
    const limit = meshDefaults.passthroughOrigins
    return new Passthrough({ host, transport: carrier, ownsTransport: !shared, limit, telemetry, teller, metrics })
  }

  #closedError(service: string): MeshError {
    return new MeshError('CLOSED', `the mesh "${this.#plan.name}" is closed`, { service, sent: false })
  }

  #removedError(service: string): MeshError {
    return new MeshError('UNKNOWN_SERVICE', 'the service is not part of the plan any more', { service, sent: false })
  }

  #unknownError(host: string, hostname: string): MeshError {
    const nearest = nearestName(hostname, this.#services.hosts.names)
    const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`
    const names = [...this.#services.running.keys()].join(', ')
    const known = names === '' ? 'has no services' : `has the services ${names}`
    const message = `no service has this host, and the mesh "${this.#plan.name}" calls nobody else: it ${known}${hint}`
    return new MeshError('UNKNOWN_SERVICE', message, { service: host, sent: false })
  }
}

function circuitOf(running: () => ServiceRuntime): CircuitControl {
  return Object.freeze({
    get state() {
      return running().byHand.circuitState
    },
    force: (state: ForcedCircuit | undefined, endpoint?: string) => running().byHand.forceCircuit(state, endpoint),
  })
}
