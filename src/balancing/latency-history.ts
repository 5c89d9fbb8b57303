import { WaitingLine } from './waiting-line.ts'

/** What is known about the latency of one endpoint. It fades with time, whether or not somebody looks. */
export class LatencyHistory {
  /** Attempts that wait for the head of a reply. */
  readonly waiting = new WaitingLine()
  /** Attempts in flight, as far as the meter was told. */
  inFlight = 0
  /** Whether the last attempt that was judged failed. */
  failing = false
  /** How long it is left alone since the last failure, in milliseconds. */
  leftAloneMs = 0
  #latencyMs: number
  #at: number
  #measured = false
  /** What counted before the first of the failures that are held against it. */
  #beforeFailuresMs: number
  #held = false

  /**
   * @param seedMs what counts until something was measured; it fades, too.
   * @param now monotonic time.
   */
  constructor(seedMs: number, now: number) {
    this.#latencyMs = seedMs
    this.#beforeFailuresMs = seedMs
    this.#at = now
  }

  /** Monotonic time of the last measurement, or of the beginning. */
  get measuredAt(): number {
    return this.#at
  }

  /** The latency that counts now. Reading writes nothing: how often somebody looks must not make a difference. */
  latencyAt(now: number, decayMs: number): number {
    return this.#latencyMs * Math.exp((this.#at - now) / decayMs)
  }

  /** The endpoint answered: a longer latency counts at once and in full, a shorter one the more the longer ago the last one was. */
  succeeded(latencyMs: number, now: number, decayMs: number): void {
    // The first measurement takes the place of the seed, which was a guess.
    if (!this.#measured || latencyMs > this.latencyAt(now, decayMs)) this.restart(latencyMs, now)
    else {
      const kept = Math.exp((this.#at - now) / decayMs)
      this.#write(this.#latencyMs * kept + latencyMs * (1 - kept), now)
    }
    this.failing = false
  }

  /** The endpoint answered, and nothing that was known before counts any more. */
  restart(latencyMs: number, now: number): void {
    this.#write(latencyMs, now)
    this.#measured = true
    this.failing = false
    this.#held = false
  }

  /** The endpoint is known to be well again: it counts as it did before it failed. */
  readmitted(now: number): void {
    if (!this.#held) return
    this.restart(this.#beforeFailuresMs, now)
    // A guess, like the seed: the first measurement takes its place.
    this.#measured = false
  }

  /** The endpoint has not answered, and would have if its latency were less than this. */
  silentFor(latencyMs: number, now: number, decayMs: number): void {
    if (latencyMs > this.latencyAt(now, decayMs)) this.#write(latencyMs, now)
  }

  /** The endpoint failed: as if it had taken this long, and never less than what counted before. */
  failed(latencyMs: number, now: number, decayMs: number): void {
    if (!this.#held) this.#beforeFailuresMs = this.latencyAt(now, decayMs)
    this.#held = true
    this.#write(Math.max(latencyMs, this.latencyAt(now, decayMs)), now)
    this.#measured = true
    this.failing = true
  }

  #write(latencyMs: number, now: number): void {
    this.#latencyMs = latencyMs
    this.#at = now
  }
}
