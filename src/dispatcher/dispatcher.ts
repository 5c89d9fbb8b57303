/**
 * The dispatcher door: the mesh as an undici dispatcher, for whatever already speaks undici.
 *
 * It turns the options of a dispatch into a call, hands that to whoever carries the calls of the origin's host, and tells the handler what
 * comes of it, by undici's contract. It knows neither services nor endpoints; it knows one `DestinationFinder`.
 */

/** A listener of an event of a dispatcher. */
// biome-ignore lint/suspicious/noExplicitAny: the events of undici's majors differ
export type DispatcherListener = (...values: any[]) => void

/**
 * The mesh as an undici dispatcher; `net.dispatcher`.
 *
 * It fits wherever a dispatcher of undici 6, 7 or 8 does: `undici.request(url, { dispatcher })`, the `fetch` of undici, the built-in `fetch`
 * of Node 22, 24 and 26, and `setGlobalDispatcher`. The host of the URL names the service, as in `net.fetch`, and the service's deadline,
 * retries and balancing apply. It is typed by its structure, so that it also fits where Node's types come with another undici.
 *
 * What differs from a dispatcher of undici:
 * - options of one call ride in `options.mesh`; `idempotent` says whether the call may be repeated;
 * - a handler is told of its request's start at once, and can abort while the call waits for an endpoint or a connection;
 * - `dispatch` answers `true`, always: there is nothing to wait for, and `drain` and the events of connections do not come;
 * - connections that are upgraded (`CONNECT`, WebSocket) are refused with `UND_ERR_NOT_SUPPORTED`;
 * - errors have undici's codes, and the `MeshError` as their `cause` ({@link MeshError.from} finds it);
 * - `headersTimeout` runs from the dispatch, over all attempts, and with a body in pieces from the moment all of it is sent; without it the
 *   deadline of the service is the limit;
 * - limits and interceptors of undici that repeat requests come on top of those of the mesh: attempts multiply.
 * - undici's `dns` interceptor has no place on it: it turns the host into an address before the mesh sees it, and an address is no service;
 * - a path begins with `/`: the absolute URLs that a proxy takes are refused. `expectContinue`, `typeOfService`, `blocking` and `servername` are
 *   checked where undici checks them, and go no further: connections are shared by calls.
 *
 * @example
 * ```ts
 * import { fixed, mesh } from 'proxyless'
 * import { interceptors, request } from 'undici'
 *
 * const net = mesh()
 *   .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080'])))
 *   .build()
 *
 * const { statusCode, body } = await request('http://orders/v1/42', { dispatcher: net.dispatcher })
 * console.log(statusCode, await body.json())
 *
 * const following = net.dispatcher.compose(interceptors.redirect({ maxRedirections: 3 }))
 * await request('http://orders/v1/moved', { dispatcher: following })
 * ```
 */
export interface MeshDispatcher {
  /**
   * Sends a request; see undici's `Dispatcher.dispatch`. Whatever goes wrong is told to the handler, new style or old; it throws only for a
   * handler that cannot be told.
   */
  // biome-ignore lint/suspicious/noExplicitAny: undici's own types differ between its majors
  dispatch(options: any, handler: any): boolean
  /** The same dispatcher with undici interceptors around it, the last one outermost; see undici's `Dispatcher.compose`. */
  // biome-ignore lint/suspicious/noExplicitAny: undici's own types differ between its majors
  compose(...interceptors: any[]): any
  /** See undici's `Dispatcher.request`. */
  // biome-ignore lint/suspicious/noExplicitAny: undici's own types differ between its majors
  request(...given: any[]): any
  /** See undici's `Dispatcher.stream`. */
  // biome-ignore lint/suspicious/noExplicitAny: undici's own types differ between its majors
  stream(...given: any[]): any
  /** See undici's `Dispatcher.pipeline`. */
  // biome-ignore lint/suspicious/noExplicitAny: undici's own types differ between its majors
  pipeline(...given: any[]): any
  /** Refused with `UND_ERR_NOT_SUPPORTED`. */
  // biome-ignore lint/suspicious/noExplicitAny: undici's own types differ between its majors
  connect(...given: any[]): any
  /** Refused with `UND_ERR_NOT_SUPPORTED`. */
  // biome-ignore lint/suspicious/noExplicitAny: undici's own types differ between its majors
  upgrade(...given: any[]): any
  /**
   * Refuses new requests of this dispatcher and waits for those in flight. The mesh stays open, with all its connections: whoever has the
   * dispatcher, such as a library that closes what it was given, cannot close the mesh with it.
   */
  close(): Promise<void>
  /** The same; calls back instead. */
  close(callback: () => void): void
  /** Fails the requests of this dispatcher that are in flight, and refuses new ones. The mesh stays open. */
  destroy(error?: Error | null): Promise<void>
  /** The same; calls back instead. */
  destroy(callback: () => void): void
  /** The same; calls back instead. */
  destroy(error: Error | null, callback: () => void): void
  /** Whether {@link MeshDispatcher.close} was called. */
  readonly closed: boolean
  /** Whether {@link MeshDispatcher.destroy} was called, or closing is done. */
  readonly destroyed: boolean
  /** See Node's `EventEmitter`; no event comes. */
  on(event: string | symbol, listener: DispatcherListener): this
  /** See {@link MeshDispatcher.on}. */
  once(event: string | symbol, listener: DispatcherListener): this
  /** See {@link MeshDispatcher.on}. */
  off(event: string | symbol, listener: DispatcherListener): this
  /** See {@link MeshDispatcher.on}. */
  addListener(event: string | symbol, listener: DispatcherListener): this
  /** See {@link MeshDispatcher.on}. */
  removeListener(event: string | symbol, listener: DispatcherListener): this
  /** See {@link MeshDispatcher.on}. */
  removeAllListeners(event?: string | symbol): this
  /** See {@link MeshDispatcher.on}. */
  prependListener(event: string | symbol, listener: DispatcherListener): this
  /** See {@link MeshDispatcher.on}. */
  prependOnceListener(event: string | symbol, listener: DispatcherListener): this
  /** See {@link MeshDispatcher.on}. */
  // biome-ignore lint/suspicious/noExplicitAny: the events of undici's majors differ
  emit(event: string | symbol, ...values: any[]): boolean
  /** See {@link MeshDispatcher.on}. */
  // biome-ignore lint/suspicious/noExplicitAny: the events of undici's majors differ
  listeners(event: string | symbol): any[]
  /** See {@link MeshDispatcher.on}. */
  // biome-ignore lint/suspicious/noExplicitAny: the events of undici's majors differ
  rawListeners(event: string | symbol): any[]
  /** See {@link MeshDispatcher.on}. */
  listenerCount(event: string | symbol, listener?: DispatcherListener): number
  /** See {@link MeshDispatcher.on}. */
  // biome-ignore lint/suspicious/noExplicitAny: a newer Node answers with other types
  eventNames(): any[]
  /** See {@link MeshDispatcher.on}. */
  setMaxListeners(count: number): this
  /** See {@link MeshDispatcher.on}. */
  getMaxListeners(): number
}
