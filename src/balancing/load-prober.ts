import type { ProbeAnswer } from '../call/load-report.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { printValue } from '../errors/print-value.ts'
import type { Host } from '../runtime/host.ts'

/**
 * Asks an endpoint how busy it is.
 *
 * @param endpoint whom to ask.
 * @param signal aborts when the answer is not wanted any more.
 * @returns `undefined` when it does not say. What this throws counts as a failed probe, and for nothing else.
 */
export type ProbeFunction = (endpoint: Endpoint, signal: AbortSignal) => Promise<ProbeAnswer | undefined>

/** Hears the answer of an endpoint, by the index that it was asked with. */
export type ProbeListener = (endpoint: Endpoint, index: number, answer: ProbeAnswer) => void

/** Sends probes: a limited number at once, each with a timeout, and none that a choice would wait for. */
export class LoadProber {
  readonly #probe: ProbeFunction
  readonly #host: Host
  readonly #timeoutMs: number
  readonly #most: number
  readonly #underway = new Map<Endpoint, AbortController>()
  readonly #counts = { probes: 0, probesAnswered: 0, probesFailed: 0, probesSkipped: 0 }
  #closed = false
  #told = false

  /**
   * @param probe see {@link ProbeFunction}.
   * @param host time, and who hears of a function that throws.
   * @param timeoutMs how long a probe may take.
   * @param most how many may be underway.
   */
  constructor(probe: ProbeFunction, host: Host, timeoutMs: number, most: number) {
    this.#probe = probe
    this.#host = host
    this.#timeoutMs = timeoutMs
    this.#most = most
  }

  /** Probes so far. */
  get counts(): Readonly<Record<string, number>> {
    return { ...this.#counts, probesUnderway: this.#underway.size }
  }

  /**
   * Sends a probe as soon as whoever asks for it is done; skips one that would be too many, or the second one at its endpoint.
   *
   * @param endpoint whom to ask.
   * @param index given back with the answer: whoever listens need not look for it among all of them.
   * @param listener hears the answer, if there is one.
   */
  send(endpoint: Endpoint, index: number, listener: ProbeListener): void {
    if (this.#closed) return
    if (this.#underway.size >= this.#most || this.#underway.has(endpoint)) {
      this.#counts.probesSkipped += 1
      return
    }
    this.#counts.probes += 1
    const ending = new AbortController()
    this.#underway.set(endpoint, ending)
    queueMicrotask(() => void this.#ask(endpoint, index, ending, listener))
  }

  /** Ends all that are underway. */
  close(): void {
    this.#closed = true
    for (const ending of this.#underway.values()) ending.abort()
  }

  async #ask(endpoint: Endpoint, index: number, ending: AbortController, listener: ProbeListener): Promise<void> {
    const { signal } = ending
    const timer = this.#host.clock.schedule(this.#timeoutMs, () => ending.abort(), { background: true })
    const ended = new Promise<undefined>((resolve) => {
      if (signal.aborted) resolve(undefined)
      else signal.addEventListener('abort', () => resolve(undefined), { once: true })
    })
    try {
      // One that heeds no signal must not stay underway for ever.
      const answer: unknown = signal.aborted ? undefined : await Promise.race([this.#probe(endpoint, signal), ended])
      if (signal.aborted || answer === undefined) this.#counts.probesFailed += 1
      else {
        listener(endpoint, index, checked(answer))
        this.#counts.probesAnswered += 1
      }
    } catch (error) {
      this.#counts.probesFailed += 1
      this.#tell(error)
    } finally {
      timer.cancel()
      this.#underway.delete(endpoint)
    }
  }

  /** Once: an endpoint that is down fails every probe. */
  #tell(error: unknown): void {
    if (this.#told) return
    this.#told = true
    this.#host.emit('part-threw', { service: this.#host.service, part: 'probe of prequal', error })
  }
}

function checked(answer: unknown): ProbeAnswer {
  const { rif, latencyMs } = (answer ?? {}) as Partial<ProbeAnswer>
  const isAmount = (value: unknown) => typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY
  if (isAmount(rif) && isAmount(latencyMs)) return answer as ProbeAnswer
  throw new TypeError(`expected { rif, latencyMs } with numbers in [0, Infinity), got ${printValue(answer)}`)
}
