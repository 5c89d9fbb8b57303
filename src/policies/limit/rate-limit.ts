import type { Call } from '../../call/call.ts'
import type { Layer } from '../../call/layer.ts'
import { failed } from '../../call/outcome.ts'
import { MeshError } from '../../errors/mesh-error.ts'
import { printValue } from '../../errors/print-value.ts'
import type { Host } from '../../runtime/host.ts'
import type { RateLimitSettings } from './rate-limit-options.ts'
import { TokenBucket } from './token-bucket.ts'

/** What a rate limit did so far. */
export interface RateLimitCounts {
  /** Calls that got their permits. */
  readonly granted: number
  /** Calls that were refused. */
  readonly refused: number
  /** Calls that would have been refused, and were let through because the limit is not enforced in full. */
  readonly spared: number
}

/** The rate limit of one service: a layer, and what it did. */
export class RateLimit {
  /** See {@link RateLimitCounts}. */
  readonly counts = { granted: 0, refused: 0, spared: 0 }
  readonly #settings: RateLimitSettings
  readonly #host: Host
  readonly #bucket: TokenBucket
  readonly #draws

  /**
   * @param settings see {@link RateLimitSettings}.
   * @param host time, chance, and who hears of refused calls.
   */
  constructor(settings: RateLimitSettings, host: Host) {
    const { permits, perMs, burst } = settings
    this.#settings = settings
    this.#host = host
    this.#bucket = new TokenBucket(permits, perMs, burst, host.clock.now())
    this.#draws = host.random.fork('rate limit')
  }

  /** Permits that are there now. */
  get permitsLeft(): number {
    return this.#bucket.left(this.#host.clock.now())
  }

  /** Lets a call pass that gets its permits, and refuses any other before a byte of its body is read. */
  readonly layer: Layer<Call> = (next) => (call) => {
    const refusal = this.#refusalOf(call)
    return refusal === undefined ? next(call) : Promise.resolve(failed(refusal))
  }

  #refusalOf(call: Call): MeshError | undefined {
    const { cost } = this.#settings
    const permits = typeof cost === 'number' ? cost : cost(call)
    if (typeof cost !== 'number' && !(permits > 0 && permits <= this.#settings.burst)) return this.#badCost(call, permits)
    const waitMs = this.#bucket.take(this.#host.clock.now(), permits)
    if (waitMs === 0) {
      this.counts.granted += 1
      return undefined
    }
    const { enforce } = this.#settings
    if (enforce < 1 && this.#draws.next() >= enforce) {
      this.counts.spared += 1
      return undefined
    }
    this.counts.refused += 1
    return this.#refuse(call, Math.ceil(waitMs))
  }

  #refuse({ service }: Call, retryAfterMs: number): MeshError {
    const { permits, perMs } = this.#settings
    this.#host.emit('call-limited', { service, retryAfterMs })
    const facts = { service, sent: false, field: 'rateLimit', retryAfterMs }
    return new MeshError('RATE_LIMITED', `more than ${permits} permits in ${perMs} ms; there is one again in ${retryAfterMs} ms`, facts)
  }

  #badCost({ service }: Call, permits: unknown): MeshError {
    const message = `rateLimit.cost: expected a number in (0, ${this.#settings.burst}], the burst, from the function, got ${printValue(permits)}`
    return new MeshError('INVALID_CALL', message, { service, sent: false, field: 'rateLimit.cost' })
  }
}
