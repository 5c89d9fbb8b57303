import type { Cancellation } from '../call/cancellation.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { MeshError } from '../errors/mesh-error.ts'
import type { Host } from '../runtime/host.ts'
import type { Random } from '../runtime/random.ts'
import { Connection, type ConnectionOwner } from './connection.ts'
import { ConnectionWaiter } from './connection-waiter.ts'
import { type Connecting, Connector } from './connector.ts'
import type { HttpSettings } from './http-settings.ts'
import type { TransportStats } from './transport.ts'

/** After a failed connect, while others are open, how long the pool waits before it tries to grow again, in milliseconds. */
const growAgainMs = 1_000

/**
 * The connections to one endpoint.
 *
 * The connection used last is used first, so that few stay warm and the rest fall to their keep-alive. Attempts that find none wait in a
 * queue that is bounded in length and in time and that a caller can leave; a connection, new or set free, goes to the first of them.
 */
export class ConnectionPool implements ConnectionOwner {
  readonly #endpoint: Endpoint
  readonly #settings: HttpSettings
  readonly #host: Host
  readonly #jitter: Random
  readonly #connector: Connector
  readonly #all = new Set<Connection>()
  /** Connections with room, the one used last at the end. */
  readonly #free: Connection[] = []
  /** In order of arrival; a waiter that left is deleted, whatever its place. */
  readonly #waiters = new Set<ConnectionWaiter>()
  readonly #connecting = new Set<Connecting>()
  /** What the server chose for the last connection; `undefined` before the first. */
  #speaksHttp2: boolean | undefined
  #quietUntil = 0
  #closed = false
  #drained: (() => void) | undefined

  /**
   * @param endpoint where to.
   * @param settings see {@link HttpSettings}.
   * @param host time, and the service's name.
   * @param jitter spreads the age at which connections are replaced.
   */
  constructor(endpoint: Endpoint, settings: HttpSettings, host: Host, jitter: Random) {
    this.#endpoint = endpoint
    this.#settings = settings
    this.#host = host
    this.#jitter = jitter
    this.#connector = new Connector(endpoint, settings, host.service, host.clock)
  }

  /** What is open just now. */
  get stats(): TransportStats {
    let idle = 0
    for (const connection of this.#all) if (connection.active === 0) idle += 1
    return { connections: this.#all.size + this.#connecting.size, idle, waiting: this.#waiters.size }
  }

  /** What is spoken over the connection that was made last. */
  get spoken(): 'http/1.1' | 'h2' | undefined {
    if (this.#speaksHttp2 === undefined) return undefined
    return this.#speaksHttp2 ? 'h2' : 'http/1.1'
  }

  /** Most attempts at once, as far as is known of its protocol. */
  get capacity(): number {
    return this.#settings.connections * this.#streams()
  }

  /**
   * Takes a connection that is free now; `undefined` when there is none.
   *
   * @param now monotonic time in milliseconds, by which a connection may be too old.
   */
  take(now = this.#host.clock.now()): Connection | undefined {
    const free = this.#free
    while (free.length > 0) {
      const connection = free[free.length - 1] as Connection
      if (connection.usable && now < connection.retireAt) {
        const { active, capacity } = connection
        // The server may have said in the meantime that it allows fewer streams.
        const isFull = active >= capacity
        if (!isFull) connection.active += 1
        if (active + 1 >= capacity) this.#unlist(connection)
        if (isFull) continue
        return connection
      }
      this.#unlist(connection)
      connection.retiring = true
      if (connection.active === 0) void this.#discard(connection)
    }
    return undefined
  }

  /** Waits for a connection. Resolves, with an error when there will be none. */
  wait(cancellation: Cancellation): Promise<Connection | MeshError> {
    if (this.#closed) return Promise.resolve(this.#error('CLOSED', 'its connections are closed'))
    if (this.#waiters.size >= this.#settings.pending + this.#room()) {
      return Promise.resolve(
        this.#error('QUEUE_FULL', `${this.#waiters.size} attempts already wait for one of its ${this.#settings.connections} connections`),
      )
    }
    return new Promise((resolve) => {
      const waiter = new ConnectionWaiter(this, cancellation, resolve)
      this.#waiters.add(waiter)
      const limit = this.#settings.pendingTimeoutMs
      if (Number.isFinite(limit)) {
        waiter.timer = this.#host.clock.schedule(limit, () =>
          this.leave(
            waiter,
            this.#error('QUEUE_TIMEOUT', `none of its ${this.#settings.connections} connections became free within ${limit} ms`),
          ),
        )
      }
      this.#grow()
    })
  }

  /** A waiter leaves without a connection. */
  leave(waiter: ConnectionWaiter, reason: MeshError): void {
    if (!this.#waiters.delete(waiter)) return
    waiter.done()
    waiter.settle(reason)
  }

  /** An attempt is over: the connection goes to whoever waits, or lies free. */
  release(connection: Connection): void {
    connection.active -= 1
    if (!connection.usable || this.#closed) {
      this.#withdraw(connection)
      if (connection.active === 0) void this.#discard(connection)
      this.#grow()
      return
    }
    if (!connection.listed && connection.active < connection.capacity) this.#list(connection)
    this.#serve()
    this.#grow()
  }

  connectionLost(connection: Connection): void {
    this.#withdraw(connection)
    this.#forget(connection)
    this.#grow()
  }

  /** No new attempts: waiters are turned away, what is in flight ends, and then everything is closed. */
  close(): Promise<void> {
    this.#closed = true
    for (const waiter of this.#waiters) this.leave(waiter, this.#error('CLOSED', 'its connections are closed'))
    for (const connecting of this.#connecting) connecting.abandon()
    this.#connecting.clear()
    const idle = [...this.#all].filter((connection) => connection.active === 0)
    return Promise.all([...idle.map((connection) => this.#discard(connection)), this.#empty()]).then(() => {})
  }

  /** Closes everything now; what is in flight fails. */
  destroy(): Promise<void> {
    return Promise.all([...this.#all].map((connection) => this.#discard(connection))).then(() => {})
  }

  #empty(): Promise<void> {
    if (this.#all.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#drained = resolve
    })
  }

  #room(): number {
    return Math.max(0, this.#settings.connections - this.#all.size)
  }

  /**
   * How many attempts a new connection will carry. Where the server chooses the protocol, the first connection is waited for before others
   * are made: it may be all that is needed.
   */
  #streams(): number {
    const { protocol, streams } = this.#settings
    if (protocol === 'auto') return this.#endpoint.protocol === 'https:' && this.#speaksHttp2 !== false ? streams : 1
    return protocol === 'h2' ? streams : 1
  }

  /** Begins to make as many connections as the waiters need and the limits allow. */
  #grow(): void {
    if (this.#closed || this.#waiters.size === 0) return
    if (this.#all.size > 0 && this.#host.clock.now() < this.#quietUntil) return
    const streams = this.#streams()
    while (this.#connecting.size * streams < this.#waiters.size && this.#all.size + this.#connecting.size < this.#settings.connections) {
      this.#connect()
    }
  }

  #connect(): void {
    const connecting = this.#connector.connect((error, socket) => {
      this.#connecting.delete(connecting)
      if (socket === undefined) this.#connectFailed(error)
      else this.#connected(socket)
    })
    this.#connecting.add(connecting)
  }

  #connected(socket: import('node:net').Socket): void {
    const { clock } = this.#host
    const retireAt = clock.now() + this.#settings.maxConnectionAgeMs * (0.9 + 0.2 * this.#jitter.next())
    const connection = new Connection(socket, this.#connector, this.#settings, this.#endpoint.protocol, retireAt, clock, this)
    connection.openedAt = clock.now()
    this.#all.add(connection)
    this.#speaksHttp2 = connection.isHttp2
    this.#list(connection)
    this.#serve()
    this.#grow()
  }

  /** Every failed connect fails one waiter (over HTTP/2, those that it would have carried), unless others are open to wait for. */
  #connectFailed(error: Error | undefined): void {
    if (this.#all.size > 0) {
      this.#quietUntil = this.#host.clock.now() + growAgainMs
      return
    }
    let carried = this.#streams()
    for (const waiter of this.#waiters) {
      if (carried === 0) break
      carried -= 1
      this.leave(waiter, this.#connectError(error))
    }
    this.#grow()
  }

  #serve(): void {
    for (const waiter of this.#waiters) {
      const connection = this.take()
      if (connection === undefined) return
      this.#waiters.delete(waiter)
      waiter.done()
      waiter.settle(connection)
    }
  }

  #list(connection: Connection): void {
    connection.listed = true
    this.#free.push(connection)
  }

  /** Takes the connection at the end of the list away. */
  #unlist(connection: Connection): void {
    connection.listed = false
    this.#free.pop()
  }

  #withdraw(connection: Connection): void {
    if (!connection.listed) return
    connection.listed = false
    this.#free.splice(this.#free.lastIndexOf(connection), 1)
  }

  #discard(connection: Connection): Promise<void> {
    this.#withdraw(connection)
    const closed = connection.destroy()
    this.#forget(connection)
    return closed
  }

  #forget(connection: Connection): void {
    if (this.#all.delete(connection)) {
      const { service, clock, emit } = this.#host
      emit('connection-closed', { service, endpoint: this.#endpoint.address, openForMs: clock.now() - connection.openedAt })
    }
    if (this.#all.size > 0) return
    this.#drained?.()
    this.#drained = undefined
  }

  #connectError(error: Error | undefined): MeshError {
    if (MeshError.is(error)) return error
    const single = error instanceof AggregateError && error.errors.length > 0 ? (error.errors[0] as Error) : error
    return this.#error('CONNECT_FAILED', `cannot connect: ${single?.message ?? 'no reason given'}`, error)
  }

  #error(code: 'CLOSED' | 'QUEUE_FULL' | 'QUEUE_TIMEOUT' | 'CONNECT_FAILED', text: string, cause?: unknown): MeshError {
    const { address } = this.#endpoint
    return new MeshError(code, `${address}: ${text}`, { service: this.#host.service, endpoint: address, sent: false }, cause)
  }
}
