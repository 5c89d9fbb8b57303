import type { Host } from '../../runtime/host.ts'
import type { Bucket } from './bucket.ts'
import type { QuotaLease, QuotaSource, QuotaTerms } from './quota-source.ts'
import { TokenBucket } from './token-bucket.ts'

/** How permits are leased. */
export const leaseDefaults = Object.freeze({
  /** A batch is what this process uses in so many milliseconds: short enough to share, long enough not to ask for each call. */
  batchMs: 250,
  /** No batch is more than this share of what one process would have of the burst, were it divided. */
  shareOfBurst: 0.5,
  /** Below this share of a batch the next one is asked for, so that calls need not wait for it. */
  refillAt: 0.25,
  /** After a failure the source is asked again after so many milliseconds, and after each further one in twice the time, up to the second. */
  firstPauseMs: 100,
  longestPauseMs: 1_000,
})

/** What a leased bucket did so far, and how it stands. */
export interface QuotaCounts {
  /** Permits that the source gave. */
  readonly leased: number
  /** Permits that were given up unused, because they were older than the period of the rate. */
  readonly forfeited: number
  /** Permits that are held now. */
  readonly held: number
  /** Processes that share the quota, as far as is known. */
  readonly processes: number
  /** Whether the source cannot be reached. */
  readonly outage: boolean
}

/**
 * A bucket whose permits are leased from a source that other processes share.
 *
 * A call that finds a permit pays what it pays for a local one. Permits come in batches sized by demand; a process never holds more than one
 * batch, so that all together exceed the rate by one batch each at most. While the source cannot be reached its outage policy decides, and it
 * is asked again whenever a call comes and the pause is over.
 */
export class LeasedBucket implements Bucket {
  readonly #source: QuotaSource
  readonly #terms: QuotaTerms
  readonly #host: Host
  readonly #news: () => void
  #held = 0
  #heldUntil = 0
  #asking = false
  #askAgainAt = Number.NEGATIVE_INFINITY
  #failures = 0
  #substitute: TokenBucket | undefined
  #processes: number
  #leased = 0
  #forfeited = 0
  #demand = 0
  #demandSince: number
  #perMs = 0
  #closed = false

  /**
   * @param source where permits come from.
   * @param terms the rate that is shared.
   * @param host time, and who hears of outages.
   * @param news told when the source answered, or failed to: who waits may ask again.
   */
  constructor(source: QuotaSource, terms: QuotaTerms, host: Host, news: () => void) {
    this.#source = source
    this.#terms = terms
    this.#host = host
    this.#news = news
    this.#processes = source.outage.processes
    this.#demandSince = host.clock.now()
  }

  /** Whether an answer of the source is on its way that may hold permits. */
  get pending(): boolean {
    return this.#asking && this.#failures === 0
  }

  /** What is to be said to a call that gets nothing, if it is not the rate. */
  get trouble(): string | undefined {
    if (this.#failures === 0) return undefined
    const { permits, perMs } = this.#terms
    const left =
      this.#substitute === undefined
        ? 'calls are refused without it'
        : `this process has used up its part of ${permits} permits in ${perMs} ms`
    return `the quota cannot be asked for permits (${this.#source.name}), and ${left}`
  }

  /** See {@link QuotaCounts}. */
  get counts(): QuotaCounts {
    const now = this.#host.clock.now()
    const [leased, forfeited, processes] = [this.#leased, this.#forfeited, this.#processes]
    return { leased, forfeited, held: this.left(now), processes, outage: this.#failures > 0 }
  }

  take(now: number, cost: number): number {
    this.#forfeit(now)
    this.#demand += cost
    if (this.#held >= cost) {
      this.#held -= cost
      if (this.#held < this.#batch * leaseDefaults.refillAt) this.#ask(now, 0)
      return 0
    }
    this.#ask(now, cost)
    if (this.#failures > 0) return this.#without(now, cost)
    return this.#asking ? Number.POSITIVE_INFINITY : Math.max(this.#askAgainAt - now, 1)
  }

  left(now: number): number {
    this.#forfeit(now)
    return this.#held
  }

  /** Gives back what is held, and lets go of the source. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    const held = Math.floor(this.#held)
    this.#held = 0
    const returned = held > 0 && this.#failures === 0 ? this.#source.giveBack(this.#terms, held) : Promise.resolve()
    const close = () => this.#source.close()
    void returned.then(close, close).catch((error: unknown) => this.#tell(error))
  }

  /** How many permits this process asks for at a time. */
  get #batch(): number {
    const most = (this.#terms.burst / this.#processes) * leaseDefaults.shareOfBurst
    return Math.max(1, Math.floor(Math.min(most, this.#perMs * leaseDefaults.batchMs)))
  }

  /** Permits are for their own period: those of an hour ago would let the server see two at once. */
  #forfeit(now: number): void {
    if (this.#held === 0 || now < this.#heldUntil) return
    this.#forfeited += this.#held
    this.#held = 0
  }

  #ask(now: number, cost: number): void {
    if (this.#asking || this.#closed || now < this.#askAgainAt) return
    const elapsedMs = Math.max(1, now - this.#demandSince)
    if (elapsedMs >= leaseDefaults.batchMs || this.#perMs === 0) {
      this.#perMs = this.#demand / elapsedMs
      this.#demand = 0
      this.#demandSince = now
    } else this.#perMs = Math.max(this.#perMs, this.#demand / leaseDefaults.batchMs)
    const wanted = Math.ceil(Math.max(cost, this.#batch) - this.#held)
    if (wanted < 1) return
    this.#asking = true
    this.#lease(wanted).then(
      (lease) => this.#answered(lease, wanted),
      (error: unknown) => this.#failed(error),
    )
  }

  /** Whatever a source of a user's answers, or throws, at once or later. */
  async #lease(wanted: number): Promise<QuotaLease> {
    const lease = await this.#source.lease(this.#terms, wanted)
    const { granted, processes, againMs } = lease
    if (!(granted >= 0 && granted <= wanted && processes >= 1 && againMs >= 0)) {
      throw new TypeError(
        `quota ${this.#source.name}: expected { granted: 0-${wanted}, processes: 1-, againMs: 0- }, got ${JSON.stringify(lease)}`,
      )
    }
    return lease
  }

  #answered({ granted, processes, againMs }: QuotaLease, wanted: number): void {
    const now = this.#host.clock.now()
    this.#asking = false
    this.#processes = processes
    if (this.#closed) return
    this.#held += granted
    this.#leased += granted
    this.#heldUntil = now + this.#terms.perMs
    this.#askAgainAt = granted < wanted ? now + againMs : now
    if (this.#failures > 0) {
      this.#failures = 0
      this.#substitute = undefined
      this.#host.emit('quota-recovered', { service: this.#host.service, source: this.#source.name })
    }
    this.#news()
  }

  #failed(error: unknown): void {
    const now = this.#host.clock.now()
    this.#asking = false
    const { firstPauseMs, longestPauseMs } = leaseDefaults
    this.#askAgainAt = now + Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.#failures, 10))
    this.#failures += 1
    if (this.#closed) return
    if (this.#failures === 1) {
      this.#substitute = this.#source.outage.policy === 'local-share' ? this.#localShare(now) : undefined
      this.#tell(error)
    }
    this.#news()
  }

  /** What one process has of the rate, divided by all. It begins empty, unless nothing was leased yet: what came before was leased. */
  #localShare(now: number): TokenBucket {
    const { permits, perMs, burst } = this.#terms
    const own = Math.max(1, burst / this.#processes)
    const bucket = new TokenBucket(permits / this.#processes, perMs, own, now)
    if (this.#leased > 0) bucket.take(now, own)
    return bucket
  }

  #without(now: number, cost: number): number {
    const { policy } = this.#source.outage
    if (policy === 'allow') return 0
    // A call that costs more than this process's share could never be made.
    if (this.#substitute !== undefined) return this.#substitute.take(now, Math.min(cost, Math.max(1, this.#terms.burst / this.#processes)))
    // While it is being asked nobody knows; those who wait hear of the answer.
    return this.#asking ? leaseDefaults.firstPauseMs : Math.max(this.#askAgainAt - now, 1)
  }

  #tell(error: unknown): void {
    const { policy } = this.#source.outage
    this.#host.emit('quota-lost', { service: this.#host.service, source: this.#source.name, policy, error })
  }
}
