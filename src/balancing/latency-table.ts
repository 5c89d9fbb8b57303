import type { Endpoint } from '../endpoint/endpoint.ts'
import { EndpointNumbers } from './endpoint-numbers.ts'
import type { LoopLag } from './loop-lag.ts'

/** The numbers of an endpoint, in the order in which a choice reads them. */
const latencyMs = 0
const measuredAt = 1
const flags = 2
const inFlight = 3
/** Less the lag until then, so that what is left of the time since, less all lag, is the time that was waited. */
const waitingSince = 4
const leftAloneUntil = 5
const beforeFailuresMs = 6
/** As many as fill a line of the cache. */
const width = 8

/** What is enough for most choices, once more and apart from the rest: of very many endpoints, two numbers of each fit where eight do not. */
const digestWidth = 2
/**
 * The logarithm of the latency at the origin of time, from which it would have faded to what it is: compared without knowing the time. `NaN` for an
 * endpoint that fails, or of which nothing is known.
 */
const logLatency = 0
/** {@link waitingSince} again. */
const alsoWaitingSince = 1
/** From the place of all numbers to that of these. */
const digestShift = Math.log2(width / digestWidth)

/** Below this, only what is in flight makes a difference: it is noise, and times nothing in flight would be nothing. Its logarithm is 0. */
export const leastLatencyMs = 1

/** More in flight than this is worked out. */
const mostInFlight = 255
/** Logarithms of what is in flight and one more. */
const logs = Float64Array.from({ length: mostInFlight + 1 }, (_, inFlight) => Math.log(inFlight + 1))

/** The last attempt that was judged failed. */
const failing = 1
/** Something was measured: what is known is no guess. */
const measured = 2
/** A failure is held against the endpoint. */
const held = 4
/** Nothing was found out since the endpoint came. */
const unknown = 8

/**
 * What is known about the latency of endpoints. It fades with time, whether or not somebody looks. Methods take the place of an endpoint, as
 * {@link LatencyTable.of} answers it.
 */
export class LatencyTable {
  readonly #numbers = new EndpointNumbers(width)
  #digests = new Float64Array(0)
  readonly #seedMs: number
  readonly #decayMs: number

  /**
   * @param seedMs what counts until something was measured; it fades, too.
   * @param decayMs the time in which what is known fades to 37 %.
   */
  constructor(seedMs: number, decayMs: number) {
    this.#seedMs = seedMs
    this.#decayMs = decayMs
  }

  /** The place of an endpoint; -1, if it has none. */
  find(endpoint: Endpoint): number {
    return this.#numbers.find(endpoint)
  }

  /** The place of an endpoint, which has one from now on. */
  of(endpoint: Endpoint, now: number): number {
    const at = this.#numbers.find(endpoint)
    return at < 0 ? this.#add(endpoint, now) : at
  }

  #add(endpoint: Endpoint, now: number): number {
    const at = this.#numbers.add(endpoint)
    const { values } = this.#numbers
    const digests = values.length >> digestShift
    if (this.#digests.length !== digests) {
      const before = this.#digests
      this.#digests = new Float64Array(digests)
      this.#digests.set(before)
    }
    this.#write(at, this.#seedMs, now)
    this.#mark(at, unknown)
    values[at + beforeFailuresMs] = this.#seedMs
    this.waits(at, Number.POSITIVE_INFINITY, 0)
    return at
  }

  /** Whether the last attempt that was judged failed. */
  isFailing(at: number): boolean {
    return ((this.#numbers.values[at + flags] as number) & failing) !== 0
  }

  /** Whether nothing is in flight there, as far as the meter was told, and nothing was found out since the endpoint came. */
  isUnknown(at: number): boolean {
    const { values } = this.#numbers
    return ((values[at + flags] as number) & unknown) !== 0 && (values[at + inFlight] as number) === 0
  }

  /**
   * Whether nothing is in flight there, as far as the meter was told, and what is known is old: nothing was measured for a while, or what counts is
   * a failure that has been held against it for long enough. What failed is left alone until then, since the call that finds out whether it still
   * fails may be lost.
   */
  isStale(at: number, now: number, afterMs: number): boolean {
    const { values } = this.#numbers
    if ((values[at + inFlight] as number) > 0) return false
    const bits = values[at + flags] as number
    // Answers to stray calls would keep what failed young for ever.
    if ((bits & held) !== 0 && now >= (values[at + leftAloneUntil] as number)) return afterMs < Number.POSITIVE_INFINITY
    return (bits & failing) === 0 && now - (values[at + measuredAt] as number) >= afterMs
  }

  /**
   * How long the attempt has waited that stands for all that wait; less than nothing when nobody does.
   *
   * @param lagMs the lag of this process so far, which nobody is blamed for.
   */
  waitedAt(at: number, now: number, lagMs: number): number {
    const { values } = this.#numbers
    return now - lagMs - (values[at + waitingSince] as number)
  }

  /** The latency that counts now. Reading writes nothing: how often somebody looks must not make a difference. */
  latencyAt(at: number, now: number): number {
    const { values } = this.#numbers
    return (values[at + latencyMs] as number) * Math.exp(((values[at + measuredAt] as number) - now) / this.#decayMs)
  }

  /**
   * Compares the loads of two that are not stale, if it is plain to see which is lower: nobody fails or has waited for long, and they differ by more
   * than what logarithms are rounded by. Both latencies fade alike, so that no exponential is needed: two take longer than all the rest of a choice.
   *
   * @param lag that of this process, which nobody is blamed for.
   * @returns -1 if the first is lower, 1 if the second is; 0 if that has to be worked out.
   */
  compare(first: number, second: number, firstInFlight: number, secondInFlight: number, now: number, lag: LoopLag): -1 | 0 | 1 {
    if (firstInFlight > mostInFlight || secondInFlight > mostInFlight) return 0
    const digests = this.#digests
    const a = first >> digestShift
    const b = second >> digestShift
    const since = now - lag.totalAt(now)
    if (this.#mayHaveWaited(first, since - (digests[a + alsoWaitingSince] as number), now)) return 0
    if (this.#mayHaveWaited(second, since - (digests[b + alsoWaitingSince] as number), now)) return 0
    const least = now / this.#decayMs
    // What is NaN is neither less nor more.
    const firstLog = Math.max(digests[a + logLatency] as number, least) + (logs[firstInFlight] as number)
    const secondLog = Math.max(digests[b + logLatency] as number, least) + (logs[secondInFlight] as number)
    const rounding = 1e-12 + 1e-14 * least
    if (firstLog < secondLog - rounding) return -1
    return firstLog > secondLog + rounding ? 1 : 0
  }

  /** Whether somebody has waited there for so long that it may be more than the latency. */
  #mayHaveWaited(at: number, waitedMs: number, now: number): boolean {
    if (waitedMs <= leastLatencyMs) return false
    const { values } = this.#numbers
    // What has faded is more than a straight line would be.
    return waitedMs > (values[at + latencyMs] as number) * (1 - (now - (values[at + measuredAt] as number)) / this.#decayMs)
  }

  /** An attempt begins, or one ends. */
  moveInFlight(at: number, by: 1 | -1): void {
    const { values } = this.#numbers
    values[at + inFlight] = (values[at + inFlight] as number) + by
  }

  /** Notes which attempt stands for those that wait; `Infinity` for nobody. */
  waits(at: number, since: number, mark: number): void {
    const { values } = this.#numbers
    values[at + waitingSince] = since - mark
    this.#digests[(at >> digestShift) + alsoWaitingSince] = since - mark
  }

  /**
   * The endpoint answered: a longer latency counts at once and in full, a shorter one the more the longer ago the last one was, and alone when it
   * takes the place of a failure that has been held against the endpoint for long enough.
   */
  succeeded(at: number, tookMs: number, now: number): void {
    const { values } = this.#numbers
    const bits = this.#flags(at)
    const isServed = (bits & held) !== 0 && now >= (values[at + leftAloneUntil] as number)
    const kept = Math.exp(((values[at + measuredAt] as number) - now) / this.#decayMs)
    const keptMs = (values[at + latencyMs] as number) * kept
    // The first measurement takes the place of the seed, which was a guess.
    if ((bits & measured) === 0 || isServed || tookMs > keptMs) this.restart(at, tookMs, now)
    else {
      this.#write(at, keptMs + tookMs * (1 - kept), now)
      this.#mark(at, bits & ~failing)
    }
  }

  /** The endpoint answered, and nothing that was known before counts any more. */
  restart(at: number, tookMs: number, now: number): void {
    this.#write(at, tookMs, now)
    this.#mark(at, measured)
  }

  /** The endpoint is known to be well again: it counts as it did before it failed. */
  readmitted(at: number, now: number): void {
    if ((this.#flags(at) & held) === 0) return
    const { values } = this.#numbers
    this.#write(at, values[at + beforeFailuresMs] as number, now)
    // A guess, like the seed: the first measurement takes its place.
    this.#mark(at, 0)
  }

  /** The endpoint has not answered, and would have if its latency were less than this. */
  silentFor(at: number, waitedMs: number, now: number): void {
    if (waitedMs <= this.latencyAt(at, now)) return
    this.#write(at, waitedMs, now)
    this.#mark(at, this.#flags(at))
  }

  /** The endpoint failed: as if it had taken this long, and never less than what counted before; it is left alone for a while. */
  failed(at: number, tookMs: number, now: number, aloneMs: number): void {
    const { values } = this.#numbers
    const before = this.latencyAt(at, now)
    if ((this.#flags(at) & held) === 0) values[at + beforeFailuresMs] = before
    this.#write(at, Math.max(tookMs, before), now)
    this.#mark(at, held | measured | failing)
    values[at + leftAloneUntil] = now + aloneMs
  }

  #flags(at: number): number {
    return (this.#numbers.values[at + flags] as number) | 0
  }

  #write(at: number, writtenMs: number, now: number): void {
    const { values } = this.#numbers
    values[at + latencyMs] = writtenMs
    values[at + measuredAt] = now
  }

  /** After {@link #write}: what is judged decides what the digest says. */
  #mark(at: number, marks: number): void {
    const { values } = this.#numbers
    values[at + flags] = marks
    const log = Math.log(values[at + latencyMs] as number) + (values[at + measuredAt] as number) / this.#decayMs
    this.#digests[(at >> digestShift) + logLatency] = (marks & (failing | unknown)) === 0 ? log : Number.NaN
  }
}
