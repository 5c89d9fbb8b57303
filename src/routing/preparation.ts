import type { Call } from '../call/call.ts'
import { beginWait, endWait } from '../call/waiting-for.ts'
import { WaitingRoom } from '../discovery/waiting-room.ts'
import type { Clock } from '../runtime/clock.ts'

const reason = 'a table of the balancer'

/** Lets calls wait for what a balancer prepares, see `Picker.preparing`. */
export class Preparation {
  readonly #clock: Clock
  readonly #rejected: (error: unknown) => void
  /** Those who wait for the same thing. */
  readonly #rooms = new WeakMap<Promise<unknown>, WaitingRoom>()

  /**
   * @param clock times the waits.
   * @param rejected hears of something that will never be ready.
   */
  constructor(clock: Clock, rejected: (error: unknown) => void) {
    this.#clock = clock
    this.#rejected = rejected
  }

  /** Resolves when it is ready, or never will be, or the call is cancelled; never rejects. */
  async wait(call: Call, underway: Promise<unknown>): Promise<void> {
    beginWait(call, reason, this.#clock.now())
    await this.#roomFor(underway).wait(call.cancellation)
    endWait(call, reason, this.#clock.now())
  }

  #roomFor(underway: Promise<unknown>): WaitingRoom {
    const known = this.#rooms.get(underway)
    if (known !== undefined) return known
    const room = new WaitingRoom(this.#clock)
    this.#rooms.set(underway, room)
    underway.then(
      () => room.release(),
      (error) => {
        this.#rejected(error)
        room.release()
      },
    )
    return room
  }
}
