import type { Call } from '../../call/call.ts'
import { routeFact } from '../../call/call-route.ts'
import type { Layer, Send } from '../../call/layer.ts'
import { failed, type Outcome } from '../../call/outcome.ts'
import { beginWait, endWait } from '../../call/waiting-for.ts'
import { MeshError } from '../../errors/mesh-error.ts'
import { printValue } from '../../errors/print-value.ts'
import type { Host } from '../../runtime/host.ts'
import type { Bucket } from './bucket.ts'
import { Gcra } from './gcra.ts'
import { LeasedBucket } from './leased-bucket.ts'
import { keyReader } from './limit-key.ts'
import { LimitLane } from './limit-lane.ts'
import type { QuotaSource } from './quota-source.ts'
import type { RateLimitSettings } from './rate-limit-options.ts'
import { RecentPlaces } from './recent-places.ts'
import { ServerLimit } from './server-limit.ts'
import { TokenBucket } from './token-bucket.ts'

/** What a rate limit did so far. */
export interface RateLimitCounts {
  /** Calls that got their permits. */
  readonly granted: number
  /** Calls that were refused. */
  readonly refused: number
  /** Calls that would have been refused, or would have waited, and were let through because the limit is not enforced in full. */
  readonly spared: number
  /** Calls that waited for their permits, whether they got them or not. */
  readonly queued: number
}

/** Sends a call on that has its permits. */
type LaneSend = (call: Call, lane: LimitLane) => Promise<Outcome>

/** What a call waits for. */
const permitWait = 'a permit of the rate limit'

/** The rate limit of one service: a layer, and what it did. */
export class RateLimit {
  /** See {@link RateLimitCounts}. */
  readonly counts = { granted: 0, refused: 0, spared: 0, queued: 0 }
  readonly #settings: RateLimitSettings
  readonly #host: Host
  readonly #keyOf: ((call: Call) => unknown) | undefined
  /** The permits that are shared with other processes, if they are. */
  readonly quota: LeasedBucket | undefined
  /** Of calls without a key. */
  readonly #lane: LimitLane
  readonly #lanes: RecentPlaces<LimitLane> | undefined
  readonly #draws
  /** Where calls wait. */
  readonly #busy = new Set<LimitLane>()
  #waiting = 0

  /**
   * @param settings see {@link RateLimitSettings}.
   * @param host time, chance, and who hears of refused calls.
   * @param quota where permits come from that are shared with other processes, if they are.
   */
  constructor(settings: RateLimitSettings, host: Host, quota: QuotaSource | undefined = settings.quota?.(host)) {
    this.#settings = settings
    this.#host = host
    this.#draws = host.random.fork('rate limit')
    const { key, maxKeys } = settings
    this.#keyOf = key === undefined ? undefined : keyReader(key)
    this.#lanes = key === undefined ? undefined : new RecentPlaces(maxKeys)
    if (quota !== undefined) this.quota = new LeasedBucket(quota, settings, host, () => this.#lane.drain())
    this.#lane = this.#makeLane(this.quota)
  }

  /** Permits that are there now; of a limit by key, those of the key that has least. */
  get permitsLeft(): number {
    let least = this.#lane.left
    for (const lane of this.#lanes?.values() ?? []) least = Math.min(least, lane.left)
    return least
  }

  /** What a call would find, without taking anything: no permit, and no bucket that is not there yet. */
  peek(call: Call): { readonly permitsLeft: number; readonly cost: number; readonly serverHoldMs: number; readonly waiting: number } {
    const { cost, burst } = this.#settings
    const key = this.#lanes === undefined ? undefined : this.#keyOf?.(call)
    const lane = typeof key === 'string' && key !== '' ? this.#lanes?.peek(key) : this.#lane
    return {
      permitsLeft: lane?.left ?? burst,
      cost: typeof cost === 'number' ? cost : cost(call),
      serverHoldMs: lane?.server?.waitMs(this.#host.clock.now()) ?? 0,
      waiting: lane?.waiting ?? 0,
    }
  }

  /** Calls that wait now. */
  get waiting(): number {
    return this.#waiting
  }

  /** Lets a call pass that gets its permits, and lets any other wait or refuses it, before a byte of its body is read. */
  readonly layer: Layer<Call> = (next) => {
    const send: LaneSend = this.#settings.obeyServer ? (call, lane) => heard(call, lane, next) : (call) => next(call)
    return (call) => {
      const { cost, burst, algorithm, overflow } = this.#settings
      const permits = typeof cost === 'number' ? cost : cost(call)
      if (typeof cost !== 'number' && !(permits > 0 && permits <= (algorithm === 'leaky-bucket' ? Number.MAX_VALUE : burst))) {
        return Promise.resolve(failed(this.#badCost(call, permits)))
      }
      const lane = this.#laneOf(call)
      if (!(lane instanceof LimitLane)) return Promise.resolve(failed(lane))
      const waitMs = lane.waiting > 0 ? Number.POSITIVE_INFINITY : lane.take(this.#host.clock.now(), permits)
      if (waitMs === 0) {
        this.counts.granted += 1
        lane.server?.began()
        return send(call, lane)
      }
      if (lane.pending) return this.#wait(call, permits, lane, send)
      if (overflow === 'queue' && !this.#spares()) return this.#wait(call, permits, lane, send)
      const refusal = overflow === 'queue' ? undefined : this.#refusalOf(call, waitMs, lane)
      if (refusal !== undefined) return Promise.resolve(failed(refusal))
      lane.server?.began()
      return send(call, lane)
    }
  }

  #wait(call: Call, cost: number, lane: LimitLane, send: LaneSend): Promise<Outcome> {
    const { maxQueue, permits, perMs } = this.#settings
    if (call.cancellation.reason !== undefined) return Promise.resolve(failed(call.cancellation.reason))
    if (this.#waiting >= maxQueue) {
      const retryAfterMs = Math.ceil((this.#waiting * perMs) / permits)
      const what = `${this.#waiting} calls wait for a permit already, as many as may (maxQueue)`
      return Promise.resolve(failed(this.#refuse(call, retryAfterMs, what)))
    }
    const { clock } = this.#host
    this.counts.queued += 1
    this.#waiting += 1
    this.#busy.add(lane)
    beginWait(call, permitWait, clock.now())
    return new Promise((resolve, reject) => {
      lane.wait(call, cost, (refusal) => {
        this.#waiting -= 1
        if (lane.waiting === 0) this.#busy.delete(lane)
        endWait(call, permitWait, clock.now())
        if (refusal !== undefined) {
          resolve(failed(refusal))
          return
        }
        this.counts.granted += 1
        // What is thrown here belongs to this call: it must not end the loop that lets the others go.
        try {
          resolve(send(call, lane))
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  /** Nobody gets permits any more, and nobody waits for them. */
  close(): void {
    const { service } = this.#host
    for (const lane of this.#busy)
      lane.close(new MeshError('CLOSED', 'closed while the call waited for a permit', { service, sent: false }))
    this.quota?.close()
  }

  #laneOf(call: Call): LimitLane | MeshError {
    const lanes = this.#lanes
    if (this.#keyOf === undefined || lanes === undefined) return this.#lane
    const key = this.#keyOf(call)
    if (key === undefined || key === '') return this.#lane
    if (typeof key !== 'string') return this.#badKey(call, key)
    let lane = lanes.get(key)
    if (lane === undefined) {
      lane = this.#makeLane()
      lanes.add(key, lane)
    }
    return lane
  }

  #makeLane(shared?: Bucket): LimitLane {
    const { obeyServer, maxServerHoldMs, overflow } = this.#settings
    const { clock } = this.#host
    const server = obeyServer ? new ServerLimit(clock, maxServerHoldMs) : undefined
    if (shared === undefined || overflow === 'queue') return new LimitLane(clock, shared ?? this.#makeBucket(), server)
    return new LimitLane(clock, shared, server, (call, waitMs) => this.#refusalOf(call, waitMs, this.#lane))
  }

  #makeBucket(): Bucket {
    const { algorithm, permits, perMs, burst } = this.#settings
    const now = this.#host.clock.now()
    return algorithm === 'leaky-bucket' ? new Gcra(permits, perMs, burst, now) : new TokenBucket(permits, perMs, burst, now)
  }

  /** Whether a call passes that the limit would have held up. */
  #spares(): boolean {
    const { enforce } = this.#settings
    if (enforce === 1 || this.#draws.next() < enforce) return false
    this.counts.spared += 1
    return true
  }

  #refusalOf(call: Call, waitMs: number, lane: LimitLane): MeshError | undefined {
    if (this.#spares()) return undefined
    const { permits, perMs, key } = this.#settings
    const retryAfterMs = Math.ceil(waitMs)
    const byServer = (lane.server?.waitMs(this.#host.clock.now()) ?? 0) > 0
    const tooMany = lane.trouble ?? `more than ${permits} permits in ${perMs} ms`
    const what = byServer ? 'the server takes no more calls, by its own limit' : tooMany
    return this.#refuse(call, retryAfterMs, key === undefined ? what : `${what}, for the key of this call`)
  }

  #refuse(call: Call, retryAfterMs: number, what: string): MeshError {
    const { service } = call
    this.counts.refused += 1
    this.#host.emit('call-limited', { service, retryAfterMs, ...routeFact(call) })
    const facts = { service, sent: false, field: 'rateLimit', retryAfterMs }
    return new MeshError('RATE_LIMITED', `${what}; there is one again in ${retryAfterMs} ms`, facts)
  }

  #badCost({ service }: Call, permits: unknown): MeshError {
    const { algorithm, burst } = this.#settings
    const interval = algorithm === 'leaky-bucket' ? '(0, Infinity)' : `(0, ${burst}], the burst,`
    const message = `rateLimit.cost: expected a number in ${interval} from the function, got ${printValue(permits)}`
    return new MeshError('INVALID_CALL', message, { service, sent: false, field: 'rateLimit.cost' })
  }

  #badKey({ service }: Call, key: unknown): MeshError {
    const message = `rateLimit.key: expected a text or undefined from the function, got ${printValue(key)}`
    return new MeshError('INVALID_CALL', message, { service, sent: false, field: 'rateLimit.key' })
  }
}

/** Sends a call on, and hears what the server says of its limit. */
async function heard(call: Call, lane: LimitLane, next: Send<Call>): Promise<Outcome> {
  let outcome: Outcome | undefined
  try {
    outcome = await next(call)
    return outcome
  } finally {
    lane.server?.ended(outcome?.ok === true ? outcome.reply : undefined)
    if (lane.waiting > 0) lane.drain()
  }
}
