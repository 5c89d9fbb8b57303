import type { Attempt } from '../call/attempt.ts'
import { type HeaderList, headerOf, headerRecord, withHeader } from '../call/header-list.ts'
import { failed, type Outcome } from '../call/outcome.ts'
import { afterwards } from '../call/settling.ts'
import { beginWait, endWait } from '../call/waiting-for.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { MeshError } from '../errors/mesh-error.ts'
import type { Host } from '../runtime/host.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import type { Random } from '../runtime/random.ts'
import { callDispatcher } from './call-dispatcher.ts'
import { Connection } from './connection.ts'
import { ConnectionPool } from './connection-pool.ts'
import type { Carrier, Exchange } from './exchange.ts'
import { cancelledUnsent } from './failure.ts'
import { exchangeOf } from './heard-exchange.ts'
import type { DispatcherFactory, DispatcherLike, HttpOptions, TlsOptions } from './http-options.ts'
import { type HttpSettings, httpSettings } from './http-settings.ts'
import type { Transport, TransportStats } from './transport.ts'

/** An exchange's hold on a connection of ours. */
class PooledCarrier implements Carrier {
  readonly #pool: ConnectionPool
  readonly #connection: Connection

  constructor(pool: ConnectionPool, connection: Connection) {
    this.#pool = pool
    this.#connection = connection
  }

  exchangeOver(broken: boolean): void {
    // Over HTTP/2 a broken exchange is one stream among many.
    if (broken && !this.#connection.isHttp2) this.#connection.retiring = true
    this.#pool.release(this.#connection)
  }

  hold(process: boolean): void {
    if (!this.#connection.isHttp2) this.#connection.hold(process)
  }
}

/** A user's dispatcher minds its connections itself. */
const foreignCarrier: Carrier = Object.freeze({ exchangeOver: () => {}, hold: () => {} })

/** Sends attempts over undici, on connections of its own. */
class UndiciTransport implements Transport {
  readonly name = 'undici'
  readonly #host: Host
  readonly #settings: HttpSettings
  readonly #authority: string | undefined
  readonly #jitter: Random
  readonly #pools = new Map<Endpoint, ConnectionPool>()
  readonly #dispatchers = new Map<Endpoint, DispatcherLike>()
  readonly #closing = new Set<Promise<void>>()
  #closed = false

  constructor(host: Host, settings: HttpSettings, authority: string | undefined) {
    this.#host = host
    this.#settings = settings
    this.#authority = authority
    this.#jitter = host.random.fork('connection-age')
  }

  readonly send = (attempt: Attempt): Promise<Outcome> => {
    const { reason } = attempt.cancellation
    if (reason !== undefined) return Promise.resolve(failed(reason))
    if (this.#closed) return Promise.resolve(failed(this.#closedError(attempt)))
    const own = attempt.call.context.get(callDispatcher)
    if (own !== undefined) return this.#sendOver(own, attempt)
    if (this.#settings.dispatcher !== undefined) return this.#sendForeign(attempt, this.#settings.dispatcher)
    const pool = this.#poolOf(attempt)
    const { underway } = attempt.call
    // The attempt began just now: no need to ask the clock again.
    const connection = pool.take(underway[underway.length - 1]?.startedAt)
    return connection === undefined ? this.#sendLater(attempt, pool) : this.#sendOn(connection, pool, attempt)
  }

  retire(endpoint: Endpoint): void {
    this.#dispatchers.delete(endpoint)
    const pool = this.#pools.get(endpoint)
    if (pool === undefined) return
    this.#pools.delete(endpoint)
    const closing = pool.close()
    this.#closing.add(closing)
    void closing.then(() => this.#closing.delete(closing))
  }

  stats(endpoint: Endpoint): TransportStats | undefined {
    return this.#pools.get(endpoint)?.stats
  }

  capacity(endpoint: Endpoint): number | undefined {
    return this.#pools.get(endpoint)?.capacity
  }

  spoken(endpoint: Endpoint): 'http/1.1' | 'h2' | undefined {
    return this.#pools.get(endpoint)?.spoken
  }

  async close(graceMs = Number.POSITIVE_INFINITY): Promise<void> {
    this.#closed = true
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    const drained = Promise.all([...this.#closing, ...pools.map((pool) => pool.close())])
    if (!Number.isFinite(graceMs)) {
      await drained
      return
    }
    await new Promise<void>((resolve) => {
      const timer = this.#host.clock.schedule(graceMs, resolve)
      void drained.then(() => {
        timer.cancel()
        resolve()
      })
    })
    await Promise.all(pools.map((pool) => pool.destroy()))
  }

  async #sendLater(attempt: Attempt, pool: ConnectionPool): Promise<Outcome> {
    const { clock } = this.#host
    beginWait(attempt.call, 'a connection', clock.now())
    const connection = await pool.wait(attempt.cancellation)
    endWait(attempt.call, 'a connection', clock.now())
    if (!(connection instanceof Connection)) return failed(cancelledUnsent(connection))
    const { reason } = attempt.cancellation
    if (reason === undefined) return this.#sendOn(connection, pool, attempt)
    pool.release(connection)
    return failed(cancelledUnsent(reason))
  }

  #sendOn(connection: Connection, pool: ConnectionPool, attempt: Attempt): Promise<Outcome> {
    connection.carrier ??= new PooledCarrier(pool, connection)
    const exchange = exchangeOf(attempt, this.#host.clock, connection.carrier, this.#settings)
    const authority = this.#authority ?? attempt.call.authority
    const client = connection.client(authority)
    const answer = exchange.begin()
    try {
      const named = connection.authority === authority ? undefined : authority
      client.dispatch(this.#options(attempt, exchange, named, connection.servername) as never, exchange as never)
    } catch (error) {
      exchange.fail(error)
    }
    return afterwards(answer, exchange)
  }

  #sendForeign(attempt: Attempt, make: DispatcherFactory): Promise<Outcome> {
    const { endpoint, call } = attempt
    let dispatcher = this.#dispatchers.get(endpoint)
    try {
      if (dispatcher === undefined) this.#dispatchers.set(endpoint, (dispatcher = make(endpoint)))
    } catch (cause) {
      const facts = { service: call.service, endpoint: endpoint.address, sent: false, field: 'http.dispatcher' }
      return Promise.resolve(failed(new MeshError('INTERNAL', `http.dispatcher threw for ${endpoint.address}`, facts, cause)))
    }
    return this.#sendOver(dispatcher, attempt)
  }

  #sendOver(wire: DispatcherLike, attempt: Attempt): Promise<Outcome> {
    const { endpoint, call } = attempt
    const exchange = exchangeOf(attempt, this.#host.clock, foreignCarrier, this.#settings)
    const answer = exchange.begin()
    try {
      const options = this.#options(attempt, exchange, this.#authority ?? call.authority, undefined)
      const { origin } = new URL(endpoint.socketPath === undefined ? endpoint.address : 'http://localhost')
      // A record, as fetch gives it to a dispatcher: interceptors and dispatchers of users add to it by name.
      wire.dispatch({ ...options, headers: headerRecord(options.headers as HeaderList), origin }, exchange)
    } catch (error) {
      exchange.fail(error)
    }
    return afterwards(answer, exchange)
  }

  #options(attempt: Attempt, exchange: Exchange, authority: string | undefined, servername: string | undefined): Record<string, unknown> {
    let { headers } = attempt
    if (authority !== undefined && headerOf(headers, 'host') === undefined) headers = withHeader(headers, 'host', authority)
    return { path: attempt.path, method: attempt.call.method, headers, body: exchange.body, servername }
  }

  #poolOf({ endpoint, call: { service } }: Attempt): ConnectionPool {
    let pool = this.#pools.get(endpoint)
    if (pool === undefined) {
      // Calls to hosts that no service declares share the transport of the mesh, and are called by their hosts.
      const host = service === this.#host.service ? this.#host : { ...this.#host, service }
      this.#pools.set(endpoint, (pool = new ConnectionPool(endpoint, this.#settings, host, this.#jitter)))
    }
    return pool
  }

  #closedError({ call, endpoint }: Attempt): MeshError {
    return new MeshError('CLOSED', 'the transport is closed', { service: call.service, endpoint: endpoint.address, sent: false })
  }
}

/**
 * The transport that every service has: undici over connections of our own.
 *
 * @param http see {@link HttpOptions}.
 * @param tls see {@link TlsOptions}; `undefined` for none.
 * @returns a part of a service.
 */
export function undiciTransport(http?: HttpOptions, tls?: TlsOptions): DescribedPart<Transport> {
  const settings = httpSettings(http, tls)
  return part<Transport>('undici', { http: http ?? {}, tls: tls ?? {} }, (host) => new UndiciTransport(host, settings, http?.authority))
}
