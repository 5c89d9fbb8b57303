import type { Clock } from '../runtime/clock.ts'
import { fewEnough, TurnShare } from '../runtime/turn-share.ts'

/** A call whose caller leaves. */
export interface Leaver {
  /** It will be told, in a later turn of the event loop: it must not begin anything until then. */
  announce(): void
  /** Ends the call, once. */
  leave(): void
}

/**
 * Callers that leave. One of them, or a hundred, end their calls there and then. A signal that ten thousand calls share tells all of them in one go,
 * and ending each takes about as long as beginning it: of those, the first hundred end at once and the others in the next turns, in their order.
 */
export class Departures {
  readonly #share: TurnShare
  #line: Leaver[] = []
  #at = 0
  #together = 0

  /** @param clock where the next turn comes from. */
  constructor(clock: Clock) {
    this.#share = new TurnShare(clock, () => this.#goOn())
  }

  /** A caller leaves. */
  add(leaver: Leaver): void {
    if (this.#at === this.#line.length && this.#together < fewEnough) {
      // Those of one signal come without a promise settling in between.
      if (this.#together === 0) queueMicrotask(this.#apart)
      this.#together += 1
      leaver.leave()
      return
    }
    leaver.announce()
    this.#line.push(leaver)
    if (!this.#share.paused) this.#goOn()
  }

  readonly #apart = (): void => {
    this.#together = 0
  }

  #goOn(): void {
    while (this.#at < this.#line.length) {
      // However few are left: those before them were many.
      if (!this.#share.take(Number.POSITIVE_INFINITY)) return
      const leaver = this.#line[this.#at] as Leaver
      this.#at += 1
      leaver.leave()
    }
    this.#line = []
    this.#at = 0
  }
}
