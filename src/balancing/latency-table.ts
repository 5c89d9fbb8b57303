import type { Endpoint } from '../endpoint/endpoint.ts'
import { EndpointNumbers } from './endpoint-numbers.ts'

/** The numbers of an endpoint, in the order in which a choice reads them. */
const latencyMs = 0
const measuredAt = 1
const flags = 2
const inFlight = 3
const waitingSince = 4
const lagMark = 5
const leftAloneUntil = 6
const beforeFailuresMs = 7
const width = 8

/** The last attempt that was judged failed. */
const failing = 1
/** Something was measured: what is known is no guess. */
const measured = 2
/** A failure is held against the endpoint. */
const held = 4

/**
 * What is known about the latency of endpoints. It fades with time, whether or not somebody looks. Methods take the place of an endpoint, as
 * {@link LatencyTable.of} answers it.
 */
export class LatencyTable {
  readonly #numbers = new EndpointNumbers(width)
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
    values[at + latencyMs] = this.#seedMs
    values[at + beforeFailuresMs] = this.#seedMs
    values[at + measuredAt] = now
    values[at + waitingSince] = Number.POSITIVE_INFINITY
    return at
  }

  /** Whether the last attempt that was judged failed. */
  isFailing(at: number): boolean {
    return ((this.#numbers.values[at + flags] as number) & failing) !== 0
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
    return now - (values[at + waitingSince] as number) - (lagMs - (values[at + lagMark] as number))
  }

  /** The latency that counts now. Reading writes nothing: how often somebody looks must not make a difference. */
  latencyAt(at: number, now: number): number {
    const { values } = this.#numbers
    return (values[at + latencyMs] as number) * Math.exp(((values[at + measuredAt] as number) - now) / this.#decayMs)
  }

  /** An attempt begins, or one ends. */
  moveInFlight(at: number, by: 1 | -1): void {
    const { values } = this.#numbers
    values[at + inFlight] = (values[at + inFlight] as number) + by
  }

  /** Notes which attempt stands for those that wait; `Infinity` for nobody. */
  waits(at: number, since: number, mark: number): void {
    const { values } = this.#numbers
    values[at + waitingSince] = since
    values[at + lagMark] = mark
  }

  /**
   * The endpoint answered: a longer latency counts at once and in full, a shorter one the more the longer ago the last one was, and alone when it
   * takes the place of a failure that has been held against the endpoint for long enough.
   */
  succeeded(at: number, tookMs: number, now: number): void {
    const bits = this.#flags(at)
    const isServed = (bits & held) !== 0 && now >= (this.#numbers.values[at + leftAloneUntil] as number)
    // The first measurement takes the place of the seed, which was a guess.
    if ((bits & measured) === 0 || isServed || tookMs > this.latencyAt(at, now)) this.restart(at, tookMs, now)
    else {
      const { values } = this.#numbers
      const kept = Math.exp(((values[at + measuredAt] as number) - now) / this.#decayMs)
      this.#write(at, (values[at + latencyMs] as number) * kept + tookMs * (1 - kept), now)
      values[at + flags] = bits & ~failing
    }
  }

  /** The endpoint answered, and nothing that was known before counts any more. */
  restart(at: number, tookMs: number, now: number): void {
    this.#write(at, tookMs, now)
    this.#numbers.values[at + flags] = measured
  }

  /** The endpoint is known to be well again: it counts as it did before it failed. */
  readmitted(at: number, now: number): void {
    if ((this.#flags(at) & held) === 0) return
    const { values } = this.#numbers
    this.#write(at, values[at + beforeFailuresMs] as number, now)
    // A guess, like the seed: the first measurement takes its place.
    values[at + flags] = 0
  }

  /** The endpoint has not answered, and would have if its latency were less than this. */
  silentFor(at: number, waitedMs: number, now: number): void {
    if (waitedMs > this.latencyAt(at, now)) this.#write(at, waitedMs, now)
  }

  /** The endpoint failed: as if it had taken this long, and never less than what counted before; it is left alone for a while. */
  failed(at: number, tookMs: number, now: number, aloneMs: number): void {
    const { values } = this.#numbers
    const before = this.latencyAt(at, now)
    if ((this.#flags(at) & held) === 0) values[at + beforeFailuresMs] = before
    this.#write(at, Math.max(tookMs, before), now)
    values[at + flags] = held | measured | failing
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
}
