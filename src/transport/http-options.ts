import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Duration } from '../runtime/duration.ts'

/** How a service's endpoints are spoken to. Every option has a default, see {@link httpDefaults}. */
export interface HttpOptions {
  /**
   * `'h1'` speaks HTTP/1.1 over kept-alive connections; `'h2'` speaks HTTP/2 (over TLS by ALPN, without TLS with prior knowledge);
   * `'auto'` lets a TLS server choose, and is `'h1'` without TLS.
   *
   * @defaultValue {@link httpDefaults}.protocol: `'h1'`, which costs the least CPU inside a cluster
   */
  readonly protocol?: 'h1' | 'h2' | 'auto' | undefined
  /** The `Host` that endpoints are told, when it is not the host that the caller wrote. @defaultValue the host of the call's URL */
  readonly authority?: string | undefined
  /** Most connections to one endpoint: a whole number of at least 1. @defaultValue {@link httpDefaults}.connections */
  readonly connections?: number | undefined
  /** Most streams at once on one HTTP/2 connection: a whole number of at least 1. @defaultValue {@link httpDefaults}.streams */
  readonly streams?: number | undefined
  /** Most attempts that wait for a connection to one endpoint: a whole number of at least 0. @defaultValue {@link httpDefaults}.pending */
  readonly pending?: number | undefined
  /** How long an attempt waits for a connection before it goes elsewhere. @defaultValue {@link httpDefaults}.pendingTimeout */
  readonly pendingTimeout?: Duration | undefined
  /** How long making a connection may take, TLS included. @defaultValue {@link httpDefaults}.connectTimeout, which survives one lost SYN */
  readonly connectTimeout?: Duration | undefined
  /**
   * How long an idle connection is kept. A server's own hint (`keep-alive: timeout=5`) is undercut by two seconds, so that a request does not
   * meet a closing connection. @defaultValue {@link httpDefaults}.keepAlive
   */
  readonly keepAlive?: Duration | undefined
  /** How old a connection may grow before it is replaced, give or take a tenth; what is in flight on it ends first. @defaultValue {@link httpDefaults}.maxConnectionAge */
  readonly maxConnectionAge?: Duration | undefined
  /** How long a reply's body may stand still: nothing came, or nobody read. @defaultValue {@link httpDefaults}.bodyTimeout */
  readonly bodyTimeout?: Duration | undefined
  /** Most bytes of a reply's body, as they come over the wire. @defaultValue {@link httpDefaults}.maxReplyBytes: no limit */
  readonly maxReplyBytes?: number | undefined
  /**
   * Replaces the connections to an endpoint by an undici dispatcher, such as a `MockAgent`, a `ProxyAgent` or a `Pool` of your own. Called
   * once an endpoint. The mesh does not close what it did not make.
   *
   * @defaultValue none: the mesh keeps its own connections
   */
  readonly dispatcher?: DispatcherFactory | undefined
}

/** Makes, or finds, the undici dispatcher that serves an endpoint. */
export type DispatcherFactory = (endpoint: Endpoint) => DispatcherLike

/** The part of an undici dispatcher that the mesh uses; every undici 8 dispatcher fits. */
export interface DispatcherLike {
  /** See undici's `Dispatcher.dispatch`. */
  // biome-ignore lint/suspicious/noExplicitAny: undici's own handler types differ between its majors
  dispatch(options: any, handler: any): boolean
}

/** The defaults of {@link HttpOptions}. */
export const httpDefaults = Object.freeze({
  protocol: 'h1',
  authority: undefined,
  connections: 128,
  streams: 100,
  pending: 1024,
  pendingTimeout: '3s',
  connectTimeout: '2s',
  keepAlive: '30s',
  maxConnectionAge: '10m',
  bodyTimeout: '5m',
  maxReplyBytes: Number.POSITIVE_INFINITY,
  dispatcher: undefined,
} as const satisfies HttpOptions)

/** TLS settings of a service; they also say that addresses which do not name their protocol speak https. */
export interface TlsOptions {
  /** Authorities to trust, in PEM. @defaultValue those that Node trusts */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined
  /** The client's certificate chain, in PEM. @defaultValue none */
  readonly cert?: string | Uint8Array | undefined
  /** The client's private key, in PEM. @defaultValue none */
  readonly key?: string | Uint8Array | undefined
  /** The name that the certificates of endpoints must carry, and that is sent as SNI. @defaultValue the host of the endpoint */
  readonly servername?: string | undefined
  /** `false` accepts any certificate: for experiments only. @defaultValue `true` */
  readonly rejectUnauthorized?: boolean | undefined
}
