import type { Socket } from 'node:net'
import type { Clock, Timer } from '../runtime/clock.ts'
import { cancelStreams } from './cancel-streams.ts'
import type { Connecting, Connector } from './connector.ts'
import type { Carrier } from './exchange.ts'
import type { HttpSettings } from './http-settings.ts'
import { Client } from './load-undici.ts'

/** Told when a connection is gone. */
export interface ConnectionOwner {
  /** Its socket closed, for whatever reason. */
  connectionLost(connection: Connection): void
}

/** A name that never changes: undici drops a TLS connection when the server name of a request differs from that of the one before. */
const anyServername = 'endpoint'

/** Where undici keeps what it knows and does not tell; found at the first client whose server announced a limit. */
let streamsKey: symbol | undefined

/** So many calls a connection looks for it: a server says it at once. */
const mostLooks = 100

/**
 * How many streams the server allows. With an undici that keeps it elsewhere we go by the settings, and undici queues what is too much.
 */
function peerStreams(client: Client): number | undefined {
  streamsKey ??= Object.getOwnPropertySymbols(client).find(({ description }) => description === 'max concurrent streams')
  const value = streamsKey === undefined ? undefined : (client as unknown as Record<symbol, unknown>)[streamsKey]
  return typeof value === 'number' ? value : undefined
}

/**
 * One connection to an endpoint: a socket that we made, and the undici `Client` that speaks HTTP over it.
 *
 * The socket is made first and the client around it, so that a call which leaves while a connection is being made costs nothing: the
 * connection goes to whoever is next.
 */
export class Connection {
  readonly #connector: Connector
  readonly #owner: ConnectionOwner
  readonly #origin: string
  #socket: Socket
  /** Whether the socket that was made first is with the client. */
  #given = false
  #client: Client | undefined
  #authority = ''
  #reconnecting: Connecting | undefined
  #lost = false
  readonly #streams: number
  readonly #keepAliveMs: number
  /** Until undici has the connection, nobody but us ends it when it lies idle. */
  #unused: Timer | undefined
  #looks = 0
  /** When it is too old to be given new work, in monotonic milliseconds. */
  readonly retireAt: number
  /** When it was opened, in monotonic milliseconds; written by the pool. */
  openedAt = 0
  /** How many attempts it carries. */
  active = 0
  /** What exchanges hold it by; made at the first one. */
  carrier: Carrier | undefined
  /** Whether the pool lists it among those with room. */
  listed = false
  /** No new work: the server announced that it closes. */
  retiring = false

  /**
   * @param socket connected, TLS handshake done.
   * @param connector makes another socket when the server closed this one just as a request came.
   * @param settings keep-alive and streams.
   * @param protocol of the endpoint.
   * @param retireAt see {@link retireAt}.
   * @param clock ends it when it is never used.
   * @param owner see {@link ConnectionOwner}.
   */
  constructor(
    socket: Socket,
    connector: Connector,
    settings: HttpSettings,
    protocol: string,
    retireAt: number,
    clock: Clock,
    owner: ConnectionOwner,
  ) {
    this.#socket = socket
    this.#connector = connector
    this.#owner = owner
    this.#origin = protocol
    this.retireAt = retireAt
    this.#streams = (socket as { alpnProtocol?: string | false | null }).alpnProtocol === 'h2' ? settings.streams : 1
    this.#keepAliveMs = Math.max(1, Math.min(settings.keepAliveMs, 2 ** 31 - 1))
    this.#unused = clock.schedule(this.#keepAliveMs, () => socket.destroy(), { background: true })
    socket.unref()
    socket.on('error', () => {})
    socket.once('close', () => this.#closed())
  }

  /** Whether it can be given work. */
  get usable(): boolean {
    return !this.#lost && !this.retiring && !this.#socket.destroyed
  }

  /** Whether it is HTTP/2. */
  get isHttp2(): boolean {
    return this.#streams > 1
  }

  /** How many attempts it can carry at once: over HTTP/2 no more than the server allows, once it said so. */
  get capacity(): number {
    const client = this.#client
    if (client === undefined || this.#streams === 1 || this.#looks === mostLooks) return this.#streams
    if (streamsKey === undefined) this.#looks += 1
    const allowed = peerStreams(client)
    return allowed === undefined ? this.#streams : Math.max(1, Math.min(this.#streams, allowed))
  }

  /** The host that requests carry unless they bring their own. */
  get authority(): string {
    return this.#authority
  }

  /** The undici client, made at the first use: the host of the first call saves every later call to the same host a header. */
  client(authority: string): Client {
    if (this.#client !== undefined) return this.#client
    this.#unused?.cancel()
    this.#unused = undefined
    const h2 = this.isHttp2
    this.#authority = authority
    this.#client = new Client(`${this.#origin}//${authority}`, {
      pipelining: 1,
      allowH2: h2,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: this.#keepAliveMs,
      ...(h2 ? { h2Options: { maxConcurrentStreams: this.#streams } } : {}),
      connect: (_options: unknown, callback: (error: Error | null, socket: Socket | null) => void) => this.#give(callback),
    } as Client.Options)
    const client = this.#client
    client.on('disconnect', () => this.#clientLost())
    if (h2) client.on('connect', () => cancelStreams(client))
    return client
  }

  /** Options that every dispatch on this connection carries. */
  get servername(): string {
    return anyServername
  }

  /** Whether an idle or a paused connection may keep the process alive. */
  hold(process: boolean): void {
    if (process) this.#socket.ref()
    else this.#socket.unref()
  }

  /** Closes it now; what is in flight fails. */
  destroy(): Promise<void> {
    this.#lost = true
    this.#reconnecting?.abandon()
    const socket = this.#socket
    const closed = socket.closed ? Promise.resolve() : new Promise<void>((resolve) => socket.once('close', () => resolve()))
    this.#destroyClient(socket)
    return closed
  }

  #give(callback: (error: Error | null, socket: Socket | null) => void): void {
    const socket = this.#socket
    if (!this.#given && !socket.destroyed) {
      this.#given = true
      socket.ref()
      // Not at once: undici ignores a resumption that comes while it asks for the connection, and the request would wait for ever.
      queueMicrotask(() => callback(null, socket))
      return
    }
    // The server closed the connection, or said that it will, and undici asks for another one for the request that is waiting.
    this.#reconnecting = this.#connector.connect((error, fresh) => {
      this.#reconnecting = undefined
      if (fresh === undefined) callback(error ?? new Error('no connection'), null)
      else {
        this.#socket = fresh
        callback(null, fresh)
      }
    })
  }

  #closed(): void {
    if (!this.#given) this.#lose()
  }

  #clientLost(): void {
    // With work on it the connection is still needed: undici either fails that work or connects again for it.
    if (this.active === 0) this.#lose()
    else this.retiring = true
  }

  #lose(): void {
    if (this.#lost) return
    this.#lost = true
    this.#destroyClient()
    this.#owner.connectionLost(this)
  }

  /**
   * Not at once: an attempt may be aborted from within undici's own callbacks. A client that is destroyed there miscounts its requests, and a
   * socket that is destroyed there, by others than undici, is to it the proper end of a reply without a length.
   */
  #destroyClient(socket?: Socket): void {
    this.#unused?.cancel()
    const client = this.#client
    if (client === undefined) {
      socket?.destroy()
      return
    }
    queueMicrotask(() => {
      client.destroy().catch(() => {})
      socket?.destroy()
    })
  }
}
