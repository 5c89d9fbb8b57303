import type { LoadMeter, MeterEnd } from '../balancing/load-meter.ts'
import type { Attempt } from '../call/attempt.ts'
import { defaultClassifier } from '../call/default-classifier.ts'
import type { Outcome } from '../call/outcome.ts'
import { LostRace } from '../call/side-by-side.ts'
import { type Classifier, type Verdict, verdicts } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { MeshError } from '../errors/mesh-error.ts'
import { printValue } from '../errors/print-value.ts'
import type { AttemptWatcher } from '../health/attempt-watcher.ts'
import type { Host } from '../runtime/host.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'

/** Attempts of one service, counted. */
export interface AttemptCounts {
  /** Attempts begun. */
  readonly attempts: number
  /** Attempts over and judged a success, their bodies included. */
  readonly succeeded: number
  /** Attempts judged a failure, counted as soon as they are. */
  readonly failed: number
  /** Attempts over and nobody's fault. */
  readonly ignored: number
}

/**
 * Judges and counts the attempts of one service, and tells its meters. The meters and the classifier may be a user's: whatever they throw
 * is told as an event, and no count is lost by it.
 */
export class Observer {
  readonly #host: Host
  readonly #meters: readonly LoadMeter[]
  readonly #classify: Classifier
  readonly #watchers: readonly AttemptWatcher[]
  /** See {@link AttemptCounts}. */
  readonly counters = { attempts: 0, succeeded: 0, failed: 0, ignored: 0 }

  /**
   * @param host time, and who hears of a part that throws.
   * @param meters what must hear of every attempt.
   * @param classify the judge of the service.
   * @param watchers who hears of every attempt beside the meters.
   */
  constructor(host: Host, meters: readonly LoadMeter[], classify: Classifier, watchers: readonly AttemptWatcher[] = []) {
    this.#host = host
    this.#meters = meters
    this.#classify = classify
    this.#watchers = watchers
  }

  /** Monotonic time, in milliseconds. */
  now(): number {
    return this.#host.clock.now()
  }

  /** What the service's judge says; what the default one says, if it has nothing sensible to say. */
  judge(outcome: Outcome, attempt: Attempt): Verdict {
    if (attempt.call.cancellation.reason instanceof LostRace) return verdicts.ignored
    try {
      const verdict: Verdict | undefined = this.#classify(outcome, attempt)
      const kind = verdict?.kind
      if (kind === 'success' || kind === 'failure' || kind === 'ignored') return verdict
      hearLateRejection(verdict)
      throw new TypeError(`classifier: expected a verdict such as { kind: 'success' }, got ${printValue(verdict)}`)
    } catch (error) {
      this.threw('classifier', error)
      return defaultClassifier(outcome, attempt)
    }
  }

  /**
   * Tells the meters that an attempt begins.
   *
   * @param endpoint where it goes.
   * @param at monotonic time, in milliseconds.
   * @returns what must be called when it is over: one function, several, or none at all.
   */
  beginMetering(endpoint: Endpoint, at: number): MeterEnd | readonly MeterEnd[] | undefined {
    const meters = this.#meters
    if (meters.length === 1) return this.#began(meters[0] as LoadMeter, endpoint, at)
    if (meters.length === 0) return undefined
    const ends: MeterEnd[] = []
    for (const meter of meters) {
      const end = this.#began(meter, endpoint, at)
      if (end !== undefined) ends.push(end)
    }
    return ends
  }

  /** Tells a meter that the head of a reply came, or that the attempt failed. */
  answerMetering(end: MeterEnd, verdict: Verdict, latencyMs: number, outcome: Outcome, at: number): void {
    try {
      const given: unknown = end.answered?.(verdict, latencyMs, outcome, at)
      if (given !== undefined) hearLateRejection(given, this.#meterThrew)
    } catch (error) {
      this.threw('load meter', error)
    }
  }

  /** Tells a meter that an attempt is over. */
  endMetering(end: MeterEnd, verdict: Verdict, latencyMs: number): void {
    try {
      const given: unknown = end(verdict, latencyMs)
      if (given !== undefined) hearLateRejection(given, this.#meterThrew)
    } catch (error) {
      this.threw('load meter', error)
    }
  }

  /** Tells the watchers that the head of a reply came, or that the attempt failed. */
  tellAnswered(endpoint: Endpoint, verdict: Verdict, latencyMs: number, outcome: Outcome): void {
    const watchers = this.#watchers
    for (let i = 0; i < watchers.length; i += 1) {
      const watcher = watchers[i] as AttemptWatcher
      try {
        watcher.answered(endpoint, verdict, latencyMs, outcome)
      } catch (error) {
        this.threw(watcher.name, error)
      }
    }
  }

  /** Tells the watchers that the body of a reply is over. */
  tellBodyOver(endpoint: Endpoint, verdict: Verdict, spoiled: MeshError | undefined, startedAt: number): void {
    const watchers = this.#watchers
    for (let i = 0; i < watchers.length; i += 1) {
      const watcher = watchers[i] as AttemptWatcher
      try {
        watcher.bodyOver?.(endpoint, verdict, spoiled, startedAt)
      } catch (error) {
        this.threw(watcher.name, error)
      }
    }
  }

  /** Tells whoever watches that a part threw. */
  threw(part: string, error: unknown): void {
    this.#host.emit('part-threw', { service: this.#host.service, part, error })
  }

  readonly #meterThrew = (error: unknown): void => this.threw('load meter', error)

  #began(meter: LoadMeter, endpoint: Endpoint, at: number): MeterEnd | undefined {
    try {
      const end: unknown = meter.began(endpoint, at)
      if (typeof end === 'function') return end as MeterEnd
      hearLateRejection(end)
      throw new TypeError(`began: expected a function to be returned, got ${printValue(end)}`)
    } catch (error) {
      this.threw(`load meter ${meter.name}`, error)
      return undefined
    }
  }
}
