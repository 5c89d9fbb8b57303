import type { CallOptions } from '../call/call-options.ts'
import type { MeshRequest } from '../dispatcher/create-request.ts'
import type { MeshDispatcher } from '../dispatcher/dispatcher.ts'
import type { MeshFetch } from '../fetch/create-fetch.ts'
import type { MeshRequestInit } from '../fetch/fetch-request.ts'
import type { DecisionRecord } from '../records/decision-record.ts'
import type { Duration } from '../runtime/duration.ts'
import type { HeardEvent, MeshEventListener, MeshEventName } from '../runtime/events.ts'
import type { CircuitControl } from './circuit-control.ts'
import type { Explanation } from './explanation.ts'
import type { FaultControl } from './fault-control.ts'
import type { MeshTypeError } from './mesh-type-error.ts'
import type { MeshPlan, MeshPlanInput } from './plan.ts'
import type { MeshSnapshot } from './snapshot.ts'
import type { SplitControl } from './split-control.ts'

/** Services as code sees them that does not know which mesh it is given: any name, any subset. */
export interface AnyServices {
  readonly [service: string]: { readonly [label: string]: string }
}

/** The labels by which a call may narrow the endpoints of a service: those that the service declares. */
export type SubsetChoice<Subsets extends object> = [keyof Subsets] extends [never]
  ? MeshTypeError<'this service declares no subsets: call .subset(label, values) when describing it'>
  : { readonly [Label in keyof Subsets]?: Subsets[Label] | undefined }

/** The options of one call to a service whose subsets are known. */
export interface ServiceCallOptions<Subsets extends object> extends Omit<CallOptions, 'subset'> {
  /** Labels that the endpoint must carry. @defaultValue any endpoint */
  readonly subset?: SubsetChoice<Subsets> | undefined
}

/** What `net.service(name).fetch` takes beside the path: the options of fetch, and those of the mesh. */
export interface ServiceRequestInit<Subsets extends object> extends Omit<MeshRequestInit, 'mesh'> {
  /** The options of the mesh for this call. */
  mesh?: ServiceCallOptions<Subsets> | undefined
}

/** Calls one service; made by `net.service(name)`. */
export interface ServiceClient<Subsets extends object = AnyServices[string]> {
  /** The logical name. */
  readonly name: string
  /**
   * Calls the service, as `net.fetch` does.
   *
   * @param path path and query, beginning with `/`.
   * @param init see {@link ServiceRequestInit}.
   */
  readonly fetch: (path: `/${string}`, init?: ServiceRequestInit<Subsets>) => Promise<Response>
  /**
   * Resolves when a call would not have to wait for a permit of `.concurrency(...)`: at once if there is none. It reserves nothing, so that of
   * several who wait for it all are told.
   *
   * @returns rejects with a {@link MeshError} `CLOSED` when the mesh is closed, or the service not part of it any more.
   */
  readonly ready: () => Promise<void>
  /**
   * Leaves an endpoint out, whatever the rules of ejection say; with too few others left it is used all the same.
   *
   * @param address see {@link Endpoint.address}.
   * @param time how long; by default until {@link ServiceClient.readmit}.
   * @throws TypeError when the service has no such endpoint at the moment; MeshError when the mesh is closed, or the service not part of it any more.
   */
  readonly eject: (address: string, time?: Duration) => void
  /**
   * Sends an endpoint no new calls until {@link ServiceClient.readmit}; what it works on ends as it would. Its tier is not short of it: others take
   * over its part, without spilling into the next tier.
   *
   * @param address see {@link Endpoint.address}.
   * @throws TypeError when the service has no such endpoint at the moment; MeshError when the mesh is closed, or the service not part of it any more.
   */
  readonly drain: (address: string) => void
  /**
   * Lets an endpoint that is ejected or drained back in, at once.
   *
   * @param address see {@link Endpoint.address}.
   * @throws TypeError when the service has no such endpoint at the moment; MeshError when the mesh is closed, or the service not part of it any more.
   */
  readonly readmit: (address: string) => void
  /** Its circuits, to be forced open or closed. */
  readonly circuit: CircuitControl
  /** Its faults, to be turned on and off; those of its routes, too. */
  readonly fault: FaultControl
  /** Its split among versions, to be given up and taken up again. */
  readonly split: SplitControl
}

/** How a mesh is closed. */
export interface CloseOptions {
  /** How long calls in flight may take to end; what is left then is cut off. @defaultValue {@link meshDefaults}.grace */
  readonly grace?: Duration | undefined
}

/**
 * A running mesh; made by `mesh()....build()`.
 *
 * @example
 * ```ts
 * import { fixed, mesh } from 'proxyless'
 *
 * await using net = mesh({ name: 'checkout' })
 *   .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080'])))
 *   .build()
 *
 * const order = await net.fetch('http://orders/v1/42')
 * const same = await net.service('orders').fetch('/v1/42', { mesh: { deadline: '300ms' } })
 * console.log(order.status, same.status)
 * ```
 */
export interface Mesh<Services extends object = AnyServices> extends AsyncDisposable {
  /**
   * Fetch, with the host of the URL naming the service. It can be passed around, such as to a client library that takes a fetch function.
   *
   * @throws TypeError as fetch does, with a {@link MeshError} as its `cause`; the reason of the caller's own signal when that ends the call.
   */
  readonly fetch: MeshFetch
  /**
   * The mesh as an undici dispatcher, for `undici.request`, the built-in `fetch`, `setGlobalDispatcher` and whatever else takes one.
   * Closing it does not close the mesh.
   */
  readonly dispatcher: MeshDispatcher
  /**
   * `undici.request`, with the host of the URL naming the service.
   *
   * @throws Error with undici's codes and a {@link MeshError} as its `cause`; the reason of the caller's own signal when that ends the call.
   */
  readonly request: MeshRequest
  /**
   * Calls one service by its logical name.
   *
   * @throws TypeError when there is no such service, which only untyped code can bring about.
   */
  service<Name extends keyof Services & string>(name: Name): ServiceClient<Services[Name] & object>
  /** The plan that is in force: frozen. */
  readonly plan: MeshPlan
  /**
   * Replaces the plan. Calls in flight end on what they began with; whatever is known about an endpoint that stays (counters, connections,
   * loads) is kept; a part that did not change is not replaced.
   *
   * @param plan `builder.plan()`, or an edited copy of {@link Mesh.plan}.
   * @throws ConfigError with every problem of the plan; then nothing has changed. MeshError `CLOSED` when the mesh is closed.
   */
  apply(plan: MeshPlanInput): void
  /** What is going on, as plain data. */
  snapshot(): MeshSnapshot
  /**
   * The records of calls that failed, and of the slowest ones of each service, the newest call first: plain data that holds nothing alive. How many there are,
   * and of which calls, says the option `records` of {@link mesh}. They outlive plans.
   */
  recent(): readonly DecisionRecord[]
  /**
   * What would become of a call now, without making it: who would carry it, which endpoints it could go to with what chance, what speaks against the
   * others, and what each policy would say. It changes nothing: no permit, no probe, no turn and no draw is taken, and nobody is resolved.
   *
   * Functions of yours that say something of a call (`rateLimit.key` and `cost`, `hashOn`, `Balancer.odds`) are asked, as for a call. Policies of yours are named, and not run.
   *
   * @param input the URL, or a `Request`; its body is not read.
   * @param init as for `net.fetch`.
   * @throws TypeError for arguments that fetch would not take.
   */
  explain(input: string | URL | Request, init?: MeshRequestInit): Explanation
  /**
   * Adds a listener.
   *
   * @param event see {@link MeshEvents}.
   * @param listener what it throws is thrown away.
   * @returns a function that takes the listener away.
   */
  on<Name extends MeshEventName>(event: Name, listener: MeshEventListener<Name>): () => void
  /** Adds a listener to all events. */
  on(event: '*', listener: (heard: HeardEvent) => void): () => void
  /**
   * Refuses new calls, lets those in flight end, then closes every connection and stops every resolver.
   *
   * @returns the same promise every time; it never rejects.
   */
  close(options?: CloseOptions): Promise<void>
}
