import type { Call } from '../../call/call.ts'
import type { MeshError } from '../../errors/mesh-error.ts'
import type { Clock, Timer } from '../../runtime/clock.ts'
import { TurnShare } from '../../runtime/turn-share.ts'
import type { Bucket } from './bucket.ts'
import { PermitLine, Waiter } from './permit-line.ts'
import type { RecentPlace } from './recent-places.ts'
import type { ServerLimit } from './server-limit.ts'

/** A wait that is shorter than this is a rounding error, and would not move the clock. */
const shortestMs = 0.001

/** Why a call gets no permits, given how long they would take; nothing when it may go without. */
export type Refusal = (call: Call, waitMs: number) => MeshError | undefined

/** One bucket, with what the server said of its own limit, and those who wait. */
export class LimitLane implements RecentPlace<LimitLane> {
  // First what a call that passes looks at: of ten thousand lanes none is at hand, and these are fetched together.
  used = false
  readonly #bucket: Bucket
  /** See {@link ServerLimit}; `undefined` when nobody listens to the server. */
  readonly server: ServerLimit | undefined
  /** Made for the first call that waits: of ten thousand keys few have one. */
  #line: PermitLine | undefined
  key = ''
  next: LimitLane | undefined
  readonly #clock: Clock
  readonly #refusal: Refusal | undefined
  #share: TurnShare | undefined
  #timer: Timer | undefined
  #closed: MeshError | undefined

  /**
   * @param clock time.
   * @param bucket where the permits come from.
   * @param server what the server says, if anybody listens.
   * @param refusal why a call may not wait for permits to grow back; without it, all may.
   */
  constructor(clock: Clock, bucket: Bucket, server: ServerLimit | undefined, refusal?: Refusal) {
    this.#clock = clock
    this.#bucket = bucket
    this.server = server
    this.#refusal = refusal
  }

  /** Whether permits may come at any moment: see {@link Bucket.pending}. */
  get pending(): boolean {
    return this.#bucket.pending === true
  }

  /** See {@link Bucket.trouble}. */
  get trouble(): string | undefined {
    return this.#bucket.trouble
  }

  /** How many calls wait. */
  get waiting(): number {
    return this.#line?.length ?? 0
  }

  /** Permits that are there now. */
  get left(): number {
    return this.#bucket.left(this.#clock.now())
  }

  /** Takes permits for a call that nobody waits before. See {@link Bucket.take}. */
  take(now: number, cost: number): number {
    if (this.server !== undefined) {
      const heldMs = this.server.waitMs(now)
      if (heldMs > 0) return heldMs
    }
    return this.#bucket.take(now, cost)
  }

  /**
   * Waits for permits, behind those of the same or a more important priority.
   *
   * @param call the call.
   * @param cost how many.
   * @param settled told once, with nothing when the call got its permits, else with why not. It is told at once and not by a promise: a call
   * that comes in the meantime would overtake.
   */
  wait(call: Call, cost: number, settled: (refusal: MeshError | undefined) => void): void {
    this.#line ??= new PermitLine((wasFirst) => {
      if (wasFirst) this.drain()
    })
    const waiter = new Waiter(call, cost, this.#line, settled)
    this.#line.push(waiter)
    // Whoever is first decides for how long everybody waits.
    if (this.#line.first === waiter) this.drain()
  }

  /** Nobody gets permits any more. @param refusal what those are told who wait, so many in a turn of the event loop. */
  close(refusal: MeshError): void {
    this.#closed = refusal
    this.drain()
  }

  /** Lets go whoever has permits by now, so many in a turn of the event loop. Told when there may be some earlier than was thought. */
  readonly drain = (): void => {
    const line = this.#line
    if (line === undefined) return
    this.#share ??= new TurnShare(this.#clock, this.drain)
    if (this.#share.paused) return
    this.#timer?.cancel()
    this.#timer = undefined
    const now = this.#clock.now()
    for (let { first } = line; first !== undefined; { first } = line) {
      let refusal = this.#closed
      const waitMs = refusal === undefined ? this.take(now, first.cost) : 0
      if (waitMs > 0) {
        if (this.pending) return
        if (this.#refusal === undefined) {
          this.#arm(waitMs)
          return
        }
        refusal = this.#refusal(first.call, waitMs)
      }
      line.shift()
      if (waitMs === 0 && refusal === undefined) this.server?.began()
      first.settle(refusal)
      if (line.length > 0 && !this.#share.take(line.length)) return
    }
  }

  #arm(waitMs: number): void {
    this.#timer?.cancel()
    this.#timer = this.#clock.schedule(Math.max(waitMs, shortestMs), this.drain)
  }
}
