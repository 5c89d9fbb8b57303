import type { Balancer } from '../balancing/balancer.ts'
import type { Call } from '../call/call.ts'
import { beginWait, endWait } from '../call/waiting-for.ts'
import { WaitingRoom } from '../discovery/waiting-room.ts'
import { printValue } from '../errors/print-value.ts'
import type { Host } from '../runtime/host.ts'
import type { BalancerWatch } from './balancer-watch.ts'

const reason = 'a table of the balancer'

/** What a balancer prepares beside the calls, and calls wait for: see `Balancer.preparing`. It may be a user's, and anything. */
export class Preparation {
  readonly #balancer: Balancer
  readonly #host: Host
  readonly #watch: BalancerWatch
  readonly #room: WaitingRoom
  #underway: Promise<unknown> | undefined

  /**
   * @param balancer who prepares something.
   * @param host the service.
   * @param watch hears of a balancer that is broken.
   */
  constructor(balancer: Balancer, host: Host, watch: BalancerWatch) {
    this.#balancer = balancer
    this.#host = host
    this.#watch = watch
    this.#room = new WaitingRoom(host.clock)
  }

  /** Whether calls had better wait. */
  isUnderway(): boolean {
    try {
      const underway: unknown = this.#balancer.preparing?.()
      if (underway === undefined) return false
      if (!(underway instanceof Promise)) throw new TypeError(`preparing: expected a promise or undefined, got ${printValue(underway)}`)
      if (underway !== this.#underway) this.#follow(underway)
      return true
    } catch (error) {
      this.#watch.threw(error)
      return false
    }
  }

  /** Lets a call wait for what is under way, or until it is cancelled; never rejects. */
  async wait(call: Call): Promise<void> {
    beginWait(call, reason, this.#host.clock.now())
    await this.#room.wait(call.cancellation)
    endWait(call, reason, this.#host.clock.now())
  }

  #follow(underway: Promise<unknown>): void {
    this.#underway = underway
    const over = () => {
      if (this.#underway === underway) this.#underway = undefined
      this.#room.release()
    }
    underway.then(over, (error) => {
      this.#watch.threw(error)
      over()
    })
  }
}
