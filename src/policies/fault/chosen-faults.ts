import type { Random } from '../../runtime/random.ts'
import type { AbortError, FaultSettings } from './fault-options.ts'

/** The faults of one attempt. */
export interface ChosenFaults {
  /** Who asked for them. */
  readonly by: 'share' | 'header'
  /** How long the attempt waits, in milliseconds, and where. */
  readonly delay?: { readonly ms: number; readonly where: 'request' | 'reply' } | undefined
  /** How it ends, instead of getting to its server. */
  readonly abort?: number | AbortError | undefined
  /** After how many bytes the body of the reply is cut off. */
  readonly cutAfterBytes?: number | undefined
  /** How fast it comes. */
  readonly bytesPerSecond?: number | undefined
}

/** Dice for each kind of fault, each with a stream of its own: another kind never changes what one draws. */
export class FaultDice {
  readonly #settings: FaultSettings
  readonly #delays: Random
  readonly #times: Random
  readonly #aborts: Random
  readonly #cuts: Random
  readonly #throttles: Random

  /** @param random of the part. */
  constructor(settings: FaultSettings, random: Random) {
    this.#settings = settings
    this.#delays = random.fork('delay')
    this.#times = random.fork('delay time')
    this.#aborts = random.fork('abort')
    this.#cuts = random.fork('cut body')
    this.#throttles = random.fork('throttle')
  }

  /** Throws the dice for one attempt; `undefined` for no fault. */
  throw(): ChosenFaults | undefined {
    const { delay, abort, cutBody, throttle } = this.#settings
    const delayed = delay !== undefined && this.#delays.next() < delay.share
    const aborted = abort !== undefined && this.#aborts.next() < abort.share
    const cut = cutBody !== undefined && this.#cuts.next() < cutBody.share
    const throttled = throttle !== undefined && this.#throttles.next() < throttle.share
    if (!delayed && !aborted && !cut && !throttled) return undefined
    return {
      by: 'share',
      delay: delayed ? { ms: delay.minMs + this.#times.next() * (delay.maxMs - delay.minMs), where: delay.where } : undefined,
      abort: aborted ? (abort.status ?? abort.error) : undefined,
      cutAfterBytes: cut ? cutBody.afterBytes : undefined,
      bytesPerSecond: throttled ? throttle.bytesPerSecond : undefined,
    }
  }
}
