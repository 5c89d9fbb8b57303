import type { Call } from '../call/call.ts'
import { beginWait, endWait } from '../call/waiting-for.ts'
import { WaitingRoom } from '../discovery/waiting-room.ts'
import { printValue } from '../errors/print-value.ts'
import type { Clock } from '../runtime/clock.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'
import { type BalancerWatch, mostFaults } from './balancer-watch.ts'
import type { Candidates } from './candidates.ts'

const reason = 'a table of the balancer'
/** Nothing is waited for longer, in milliseconds. */
const longestWaitMs = 2_000

/**
 * Lets calls wait for what a balancer prepares, see `Picker.preparing`. What throws, is no promise, rejects or takes longer than two seconds is a fault of
 * the balancer; after {@link mostFaults} of them in a row, nobody waits any more.
 */
export class Preparation {
  readonly #clock: Clock
  readonly #watch: BalancerWatch
  /** Those who wait for the same thing; `undefined` for what nobody waits for any more. */
  readonly #rooms = new WeakMap<Promise<unknown>, WaitingRoom | undefined>()
  #faultsInARow = 0

  /**
   * @param clock times the waits.
   * @param watch hears of a balancer that is broken.
   */
  constructor(clock: Clock, watch: BalancerWatch) {
    this.#clock = clock
    this.#watch = watch
  }

  /** Those who wait for what is underway for some candidates; `undefined` when there is nothing to wait for. */
  of(candidates: Candidates): WaitingRoom | undefined {
    if (this.#faultsInARow >= mostFaults) return undefined
    try {
      const preparing = candidates.preparing()
      if (preparing === undefined) return undefined
      if (preparing instanceof Promise) return this.#roomFor(preparing)
      throw new TypeError(`preparing: expected a promise or undefined, got ${printValue(preparing)}`)
    } catch (error) {
      this.#fault(error)
      return undefined
    }
  }

  /** Lets a call wait until it is ready, or never will be, or the call is cancelled; never rejects. */
  async wait(call: Call, room: WaitingRoom): Promise<void> {
    beginWait(call, reason, this.#clock.now())
    await room.wait(call.cancellation)
    endWait(call, reason, this.#clock.now())
  }

  #roomFor(underway: Promise<unknown>): WaitingRoom | undefined {
    if (this.#rooms.has(underway)) return this.#rooms.get(underway)
    const room = new WaitingRoom(this.#clock)
    this.#rooms.set(underway, room)
    let isOver = false
    const end = (error?: unknown) => {
      if (isOver) return
      isOver = true
      timer.cancel()
      this.#rooms.set(underway, undefined)
      if (error === undefined) this.#faultsInARow = 0
      else this.#fault(error)
      room.release()
    }
    const timer = this.#clock.schedule(longestWaitMs, () => {
      hearLateRejection(underway)
      end(new Error(`preparing: expected a promise that resolves within ${longestWaitMs} ms`))
    })
    underway.then(
      () => end(),
      (error) => end(error ?? new Error('preparing: rejected with nothing')),
    )
    return room
  }

  #fault(error: unknown): void {
    this.#faultsInARow += 1
    this.#watch.threw(error)
  }
}
