import { printValue } from '../../errors/print-value.ts'
import type { Host } from '../../runtime/host.ts'
import type { ConcurrencyLimit, ConcurrencySample } from './concurrency-limit.ts'

/** A limit that may be a user's: what it throws, or says that makes no sense, costs an event and nothing else. */
export class WatchedLimit {
  readonly #limit: ConcurrencyLimit
  readonly #host: Host
  #value = 1

  /**
   * @param limit a number that stays as it is, or a limit that learns.
   * @param host who hears of what goes wrong.
   * @throws TypeError when it does not begin with a limit.
   */
  constructor(limit: number | ConcurrencyLimit, host: Host) {
    this.#limit = typeof limit === 'number' ? { name: 'fixed', limit } : limit
    this.#host = host
    const found: unknown = this.#limit?.limit
    if (!isLimit(found)) throw new TypeError(`a concurrency limit with a limit of at least 1, got ${printValue(found)}`)
    this.#value = found
  }

  /** Its name. */
  get name(): string {
    return this.#limit.name
  }

  /** Most calls at once. */
  get value(): number {
    return this.#value
  }

  /** Whether it wants to hear of calls. */
  get learns(): boolean {
    return this.#limit.ended !== undefined
  }

  /** A call is over. */
  ended(sample: ConcurrencySample): void {
    try {
      this.#limit.ended?.(sample)
      const found: unknown = this.#limit.limit
      if (!isLimit(found)) throw new TypeError(`limit: expected a number of at least 1, got ${printValue(found)}`)
      this.#value = found
    } catch (error) {
      this.#host.emit('part-threw', { service: this.#host.service, part: `concurrency limit ${this.#limit.name}`, error })
    }
  }
}

function isLimit(value: unknown): value is number {
  return typeof value === 'number' && value >= 1
}
