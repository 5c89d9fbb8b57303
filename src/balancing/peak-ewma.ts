import type { Verdict } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Duration } from '../runtime/duration.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { makesParts } from '../runtime/part-factory.ts'
import { LatencyTable, leastLatencyMs } from './latency-table.ts'
import type { LoadMeter, LoadPairs, MeterEnd } from './load-meter.ts'
import { type LoopLag, loopLagOf } from './loop-lag.ts'
import { OptionChecks } from './option-checks.ts'
import { type ComparedLoads, PairsByTable } from './pairs-by-table.ts'
import { WaitingAttempt, WaitingLine } from './waiting-line.ts'

/** How a {@link peakEwma} meter remembers. Every option has a default, see {@link peakEwmaDefaults}. */
export interface PeakEwmaOptions {
  /** The time in which what was measured fades to 37 %. Finite, and more than 0. @defaultValue {@link peakEwmaDefaults}.decay */
  readonly decay?: Duration | undefined
  /** The latency of an endpoint that was never measured. Finite, and more than 0. @defaultValue {@link peakEwmaDefaults}.seed */
  readonly seed?: Duration | undefined
  /** The least latency that a failure counts as. Finite, and more than 0. @defaultValue {@link peakEwmaDefaults}.penalty */
  readonly penalty?: Duration | undefined
  /**
   * How long an idle endpoint may go without a measurement before one call is sent there to take a new one, which then counts alone;
   * `Infinity` for ever. At most one attempt in a hundred is spent on that.
   *
   * @defaultValue {@link peakEwmaDefaults}.forceProbe
   */
  readonly forceProbe?: Duration | undefined
}

/** The defaults of {@link PeakEwmaOptions}: decay, seed and penalty are Linkerd's, forceProbe is that of kratos. */
export const peakEwmaDefaults = Object.freeze({
  decay: '10s',
  seed: '30ms',
  penalty: '5s',
  forceProbe: '3s',
} as const satisfies PeakEwmaOptions)

/** The longest wait that an endpoint may ask for. */
const longestPenaltyMs = 300_000
/** So many attempts for each one that is sent to refresh a measurement: what is known to be slow must not get a share worth noticing. */
const attemptsPerProbe = 100
/** How many attempts that are over are kept for those to come. */
const mostFree = 1_024

interface PeakEwmaSettings {
  readonly decayMs: number
  readonly seedMs: number
  readonly penaltyMs: number
  readonly forceProbeMs: number
  /** For how long nothing finds out whether what failed is well again, unless it asked for longer. */
  readonly leftAloneMs: number
}

/** An attempt as the meter sees it; used again for another one when it is over, so that metering allocates nothing. */
class MeteredAttempt extends WaitingAttempt {
  readonly end: MeterEnd
  /** Held, so that nobody else gets its place in the table. */
  endpoint: Endpoint | undefined
  /** Those that wait where it does. */
  line: WaitingLine | undefined
  /** The place of its endpoint in the table. */
  at = 0
  lagMark = 0
  isProbe = false
  answered = false
  failed = false

  constructor(meter: PeakEwmaMeter) {
    super()
    const end: MeterEnd = (verdict, latencyMs) => meter.ended(this, verdict, latencyMs)
    end.answered = (verdict, latencyMs, _outcome, at) => meter.answered(this, verdict, latencyMs, at)
    this.end = end
  }
}

class PeakEwmaMeter implements LoadMeter, ComparedLoads {
  readonly name = 'peak-ewma'
  readonly #settings: PeakEwmaSettings
  readonly #clock: Clock
  readonly #lag: LoopLag
  readonly #table: LatencyTable
  readonly #lines = new WeakMap<Endpoint, WaitingLine>()
  readonly #free: MeteredAttempt[] = []
  #begun = 0
  #begunAtProbe = 0

  constructor(settings: PeakEwmaSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
    this.#lag = loopLagOf(clock)
    this.#table = new LatencyTable(settings.seedMs, settings.decayMs)
  }

  load(endpoint: Endpoint, now = this.#clock.now()): number {
    const at = this.#table.of(endpoint, now)
    return this.#loadAt(at, endpoint, now, this.#lag.totalAt(now), this.#mayProbe())
  }

  peek(endpoint: Endpoint): number {
    const at = this.#table.find(endpoint)
    // One that nothing is known of gets no place by being looked at: what is known from then on fades from then on.
    if (at < 0) return endpoint.inFlight === 0 ? 0 : Math.max(this.#settings.seedMs, leastLatencyMs) * (endpoint.inFlight + 1)
    const now = this.#clock.now()
    return this.#loadAt(at, endpoint, now, this.#lag.totalAt(now), this.#mayProbe())
  }

  lighter(first: Endpoint, second: Endpoint, now = this.#clock.now()): Endpoint | undefined {
    const table = this.#table
    const firstAt = table.of(first, now)
    const secondAt = table.of(second, now)
    const lagMs = this.#lag.totalAt(now)
    const mayProbe = this.#mayProbe()
    const firstLoad = this.#loadAt(firstAt, first, now, lagMs, mayProbe)
    const secondLoad = this.#loadAt(secondAt, second, now, lagMs, mayProbe)
    // One that fails and is to be tried again has no load.
    if ((firstLoad > 0 && table.isFailing(firstAt)) || (secondLoad > 0 && table.isFailing(secondAt))) return undefined
    return firstLoad <= secondLoad ? first : second
  }

  isFailing(endpoint: Endpoint, now = this.#clock.now()): boolean {
    const table = this.#table
    const at = table.find(endpoint)
    return at >= 0 && table.isFailing(at) && !(this.#mayProbe() && table.isStale(at, now, this.#settings.forceProbeMs))
  }

  pairs(endpoints: readonly Endpoint[]): LoadPairs {
    return new PairsByTable(endpoints, this)
  }

  find(endpoint: Endpoint): number {
    return this.#table.find(endpoint)
  }

  compare(first: number, second: number, firstInFlight: number, secondInFlight: number, now: number): -1 | 0 | 1 {
    const table = this.#table
    const { forceProbeMs } = this.#settings
    if (this.#mayProbe() && (table.isStale(first, now, forceProbeMs) || table.isStale(second, now, forceProbeMs))) return 0
    return table.compare(first, second, firstInFlight, secondInFlight, now, this.#lag)
  }

  /** Small enough to be compiled into whoever asks: what a function answers that is not would be a number on the heap. */
  #loadAt(at: number, endpoint: Endpoint, now: number, lagMs: number, mayProbe: boolean): number {
    const table = this.#table
    // A guess would keep the first call from it for as long as the others are faster than that.
    if (table.isUnknown(at) && endpoint.inFlight === 0) return 0
    if (mayProbe && table.isStale(at, now, this.#settings.forceProbeMs)) return 0
    return Math.max(table.latencyAt(at, now), table.waitedAt(at, now, lagMs), leastLatencyMs) * (endpoint.inFlight + 1)
  }

  #mayProbe(): boolean {
    return this.#begun - this.#begunAtProbe >= attemptsPerProbe
  }

  readmitted(endpoint: Endpoint): void {
    const at = this.#table.find(endpoint)
    if (at >= 0) this.#table.readmitted(at, this.#clock.now())
  }

  began(endpoint: Endpoint, now = this.#clock.now()): MeterEnd {
    const table = this.#table
    const at = table.of(endpoint, now)
    const isProbe = this.#mayProbe() && table.isStale(at, now, this.#settings.forceProbeMs)
    if (isProbe) this.#begunAtProbe = this.#begun
    this.#begun += 1
    // Another one that waits moves the middle to a younger one, and must not make the endpoint look better by that.
    table.silentFor(at, table.waitedAt(at, now, this.#lag.totalAt(now)), now)
    const attempt = this.#free.pop() ?? new MeteredAttempt(this)
    attempt.endpoint = endpoint
    attempt.at = at
    attempt.startedAt = now
    attempt.isProbe = isProbe
    attempt.answered = false
    attempt.failed = false
    attempt.lagMark = this.#lag.began(now)
    table.moveInFlight(at, 1)
    const line = this.#lineOf(endpoint)
    attempt.line = line
    line.join(attempt)
    this.#noteMiddle(at, line)
    return attempt.end
  }

  answered(attempt: MeteredAttempt, verdict: Verdict, latencyMs: number, now = this.#clock.now()): void {
    const { at } = attempt
    const line = attempt.line as WaitingLine
    attempt.answered = true
    line.leave(attempt)
    this.#noteMiddle(at, line)
    if (verdict.kind === 'failure') this.#failed(attempt, verdict, latencyMs, now)
    else if (verdict.kind === 'success') {
      const ownMs = Math.max(0, latencyMs - this.#lag.since(attempt.lagMark, now))
      // With time as its weight, one probe would hardly count against a peak that would have faded anyway.
      if (attempt.isProbe) this.#table.restart(at, ownMs, now)
      else this.#table.succeeded(at, ownMs, now)
    }
  }

  ended(attempt: MeteredAttempt, verdict: Verdict, latencyMs: number): void {
    if (!attempt.answered) this.answered(attempt, verdict, latencyMs)
    // A body may fail after a good head.
    else if (verdict.kind === 'failure') this.#failed(attempt, verdict, latencyMs, this.#clock.now())
    this.#table.moveInFlight(attempt.at, -1)
    this.#lag.ended()
    attempt.endpoint = undefined
    attempt.line = undefined
    if (this.#free.length < mostFree) this.#free.push(attempt)
  }

  #failed(attempt: MeteredAttempt, verdict: Verdict & { kind: 'failure' }, latencyMs: number, now: number): void {
    if (attempt.failed) return
    attempt.failed = true
    const { penaltyMs, leftAloneMs } = this.#settings
    const { notBeforeMs = 0 } = verdict
    const askedForMs = notBeforeMs > 0 ? Math.min(notBeforeMs, longestPenaltyMs) : 0
    this.#table.failed(attempt.at, Math.max(penaltyMs, askedForMs, latencyMs), now, Math.max(leftAloneMs, askedForMs))
  }

  /** More than half of those that wait have waited for as long as the middle one: the latency is no less, although nobody has answered. */
  #noteMiddle(at: number, line: WaitingLine): void {
    const middle = line.middle as MeteredAttempt | undefined
    if (middle === undefined) this.#table.waits(at, Number.POSITIVE_INFINITY, 0)
    else this.#table.waits(at, middle.startedAt, middle.lagMark)
  }

  #lineOf(endpoint: Endpoint): WaitingLine {
    let line = this.#lines.get(endpoint)
    if (line === undefined) {
      line = new WaitingLine()
      this.#lines.set(endpoint, line)
    }
    return line
  }
}

/**
 * How long an endpoint takes to answer, times what is in flight there and one more.
 *
 * - A slower answer counts at once and in full; faster ones take over gradually, and everything fades with time.
 * - A failure counts as a latency of at least `penalty`, or of what the endpoint asked to be left alone for, up to 5 minutes. An endpoint that fails
 *   fast would otherwise look fast, and attract every call.
 * - An endpoint that stands still is seen before its first answer: if more than half of what waits there has waited for longer than usual,
 *   that is its latency.
 * - A new endpoint gets the next call for which it is drawn. Until that is over, it counts as the `seed`.
 * - An endpoint that was kept out, by its circuit for example, and is fit again has the latency that it had before it failed.
 * - An idle endpoint that was slow long ago is tried again now and then; one that failed, once `penalty` has passed (`forceProbe`, if that is longer),
 *   or what it asked for. Its first good answer after that counts alone.
 * - What is ignored, such as a caller that left, counts for nothing. Neither does time that this process itself spent on something else.
 *
 * Below 1 ms only what is in flight makes a difference.
 *
 * Source: Finagle's peak EWMA with Linkerd's penalty for failures, and the prediction of kratos from what is in flight (here the middle one
 * of those that wait, where kratos takes a mean).
 *
 * @param options see {@link PeakEwmaOptions}.
 * @throws TypeError for an option out of its range.
 * @example
 * ```ts
 * import { fixed, mesh, peakEwma, powerOfTwo } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) =>
 *     s.resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080'])).balance(powerOfTwo(peakEwma({ decay: '5s' }))),
 *   )
 *   .build()
 * ```
 */
export function peakEwma(options?: PeakEwmaOptions): DescribedPart<LoadMeter> {
  const checks = new OptionChecks('peakEwma', options, Object.keys(peakEwmaDefaults))
  const described = {
    decayMs: checks.durationMs('decay', peakEwmaDefaults.decay, false),
    seedMs: checks.durationMs('seed', peakEwmaDefaults.seed, false),
    penaltyMs: checks.durationMs('penalty', peakEwmaDefaults.penalty, false),
    forceProbeMs: checks.durationMs('forceProbe', peakEwmaDefaults.forceProbe, true),
  }
  const { penaltyMs, forceProbeMs } = described
  const leftAloneMs = forceProbeMs < Number.POSITIVE_INFINITY ? Math.max(penaltyMs, forceProbeMs) : penaltyMs
  return part('peak-ewma', described, ({ clock }) => new PeakEwmaMeter({ ...described, leftAloneMs }, clock))
}

makesParts(peakEwma)
