import type { Verdict } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Timer } from '../runtime/clock.ts'
import type { ProbeJudge } from './probe-desk.ts'

/** The one attempt that decides whether an endpoint is readmitted. It ends once: by its verdict, by its time limit, or with its endpoint. */
export class Probe {
  /** Where the attempt goes. */
  readonly endpoint: Endpoint
  /** Whoever wants to know how it goes, with how long it may take. */
  readonly judges: Map<ProbeJudge, number>
  #over: ((probe: Probe, verdict: Verdict) => void) | undefined
  #timer: Timer | undefined

  /**
   * @param endpoint where the attempt goes.
   * @param judges whoever asked.
   * @param over told once.
   */
  constructor(endpoint: Endpoint, judges: Map<ProbeJudge, number>, over: (probe: Probe, verdict: Verdict) => void) {
    this.endpoint = endpoint
    this.judges = judges
    this.#over = over
  }

  /** @internal the timer that ends it */
  endsWith(timer: Timer): void {
    this.#timer = timer
  }

  /** The attempt was judged. What comes later, after the time limit above all, is not heard. */
  ended(verdict: Verdict): void {
    const over = this.#over
    this.abandon()
    over?.(this, verdict)
  }

  /** @internal a judge does not want to know any more */
  leave(judge: ProbeJudge): void {
    this.judges.delete(judge)
  }

  /** @internal nobody wants to know any more */
  abandon(): void {
    this.#over = undefined
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
