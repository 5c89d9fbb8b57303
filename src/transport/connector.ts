import { AsyncResource } from 'node:async_hooks'
import { isIP, type Socket } from 'node:net'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { MeshError } from '../errors/mesh-error.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { HttpSettings } from './http-settings.ts'
import { buildConnector, errors } from './load-undici.ts'

/** Whatever happens on a socket runs in the async context in which it was made. That must be nobody's: sockets serve many calls. */
const nobodys = new AsyncResource('proxyless')

/** A connection that is being made. */
export interface Connecting {
  /** Gives up; the callback is not called any more. */
  abandon(): void
}

/** Called once: with a socket, or with the reason why there is none. */
export type Connected = (error: Error | undefined, socket: Socket | undefined) => void

/**
 * Makes sockets to one endpoint, TLS included.
 *
 * The time limit is our own: undici's connect timer ticks every half second, and a limit of 200 ms that fires after one second is none.
 */
export class Connector {
  readonly #connect: ReturnType<typeof buildConnector>
  readonly #endpoint: Endpoint
  readonly #settings: HttpSettings
  readonly #service: string
  readonly #clock: Clock

  /**
   * @param endpoint where to.
   * @param settings TLS, protocol and time limit.
   * @param service for messages.
   * @param clock runs the time limit.
   */
  constructor(endpoint: Endpoint, settings: HttpSettings, service: string, clock: Clock) {
    const { tls, protocol } = settings
    this.#endpoint = endpoint
    this.#settings = settings
    this.#service = service
    this.#clock = clock
    this.#connect = buildConnector({
      timeout: 0,
      allowH2: protocol !== 'h1',
      preferH2: protocol === 'h2',
      useH2c: protocol === 'h2' && endpoint.protocol === 'http:',
      ...(endpoint.socketPath === undefined ? {} : { socketPath: endpoint.socketPath }),
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls.cert === undefined ? {} : { cert: tls.cert }),
      ...(tls.key === undefined ? {} : { key: tls.key }),
      ...(tls.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: tls.rejectUnauthorized }),
    } as buildConnector.BuildOptions)
  }

  /** The name that the certificate must carry. */
  get servername(): string {
    const { servername, hostname } = this.#endpoint
    return servername ?? this.#settings.tls.servername ?? (isIP(hostname) === 0 ? hostname : '')
  }

  /** Begins to make a connection. */
  connect(connected: Connected): Connecting {
    const { protocol, hostname, port } = this.#endpoint
    const limit = this.#settings.connectTimeoutMs
    let timer: Timer | undefined
    let settled = false
    const settle = (error: Error | undefined, socket: Socket | undefined) => {
      if (settled) {
        socket?.destroy()
        return
      }
      settled = true
      timer?.cancel()
      connected(error, socket)
    }
    const host = hostname === '' ? 'localhost' : hostname
    // undici's types leave out that a connector returns its socket, which it does and which is the only way to give up on it.
    const target = { protocol, hostname: host, host, port: String(port), servername: this.servername }
    const socket = nobodys.runInAsyncScope(this.#connect, undefined, target, (...[error, made]: [Error | null, unknown]) =>
      settle(error ?? undefined, (made as Socket | null) ?? undefined),
    ) as unknown as Socket
    if (Number.isFinite(limit)) {
      timer = this.#clock.schedule(limit, () => {
        const facts = { service: this.#service, endpoint: this.#endpoint.address, sent: false }
        const cause = new errors.ConnectTimeoutError()
        settle(new MeshError('CONNECT_TIMEOUT', `no connection to ${this.#endpoint.address} within ${limit} ms`, facts, cause), undefined)
        socket.destroy()
      })
    }
    return {
      abandon: () => {
        settled = true
        timer?.cancel()
        socket.destroy()
      },
    }
  }
}
