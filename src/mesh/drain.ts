import type { Clock } from '../runtime/clock.ts'
import type { CallGate } from './call-gate.ts'

/** Something that is being given up: first its calls end, then it is closed, once. */
export class Drain {
  readonly #gate: CallGate
  readonly #clock: Clock
  readonly #close: (leftMs: number) => Promise<void>
  #closed: Promise<void> | undefined

  /**
   * @param gate where its calls come in.
   * @param clock the source of time.
   * @param close closes it; gets what is left of the grace, in milliseconds.
   */
  constructor(gate: CallGate, clock: Clock, close: (leftMs: number) => Promise<void>) {
    this.#gate = gate
    this.#clock = clock
    this.#close = close
  }

  /**
   * Waits for the calls, then closes. It may be run again, with less grace.
   *
   * @param graceMs how long the calls may take, in milliseconds.
   * @param background whether nobody waits for it.
   */
  async run(graceMs: number, background: boolean): Promise<void> {
    const endsAt = this.#clock.now() + graceMs
    await this.#gate.drained(this.#clock, graceMs, background)
    this.#closed ??= this.#close(Math.max(0, endsAt - this.#clock.now()))
    await this.#closed
  }
}
