import type { Call } from '../../call/call.ts'
import type { MeshError } from '../../errors/mesh-error.ts'
import type { Clock, Timer } from '../../runtime/clock.ts'
import type { Bucket } from './bucket.ts'
import { PermitLine, Waiter } from './permit-line.ts'
import type { ServerLimit } from './server-limit.ts'

/** So many calls are let go at once; then others have their turn at the event loop. */
const released = 32

/** A wait that is shorter than this is a rounding error, and would not move the clock. */
const shortestMs = 0.001

/** Why a call gets no permits, given how long they would take; nothing when it may go without. */
export type Refusal = (call: Call, waitMs: number) => MeshError | undefined

/** One bucket, with what the server said of its own limit, and those who wait. */
export class LimitLane {
  readonly #clock: Clock
  readonly #bucket: Bucket
  readonly #refusal: Refusal | undefined
  /** See {@link ServerLimit}; `undefined` when nobody listens to the server. */
  readonly server: ServerLimit | undefined
  /** Made for the first call that waits: of ten thousand keys few have one. */
  #line: PermitLine | undefined
  #timer: Timer | undefined

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

  /** Nobody gets permits any more. @param refusal what those are told who wait. */
  close(refusal: MeshError): void {
    this.#timer?.cancel()
    for (let first = this.#line?.first; first !== undefined; first = this.#line?.first) {
      this.#line?.shift()
      first.settle(refusal)
    }
  }

  /** Lets go whoever has permits by now. Told when there may be some earlier than was thought. */
  readonly drain = (): void => {
    this.#timer?.cancel()
    this.#timer = undefined
    const line = this.#line
    if (line === undefined) return
    const now = this.#clock.now()
    for (let count = 0; count < released; count += 1) {
      const { first } = line
      if (first === undefined) return
      const waitMs = this.take(now, first.cost)
      if (waitMs > 0) {
        if (this.pending) return
        if (this.#refusal === undefined) {
          this.#arm(waitMs)
          return
        }
        const refusal = this.#refusal(first.call, waitMs)
        line.shift()
        first.settle(refusal)
        continue
      }
      line.shift()
      this.server?.began()
      first.settle(undefined)
    }
    if (line.length > 0) this.#arm(0)
  }

  #arm(waitMs: number): void {
    this.#timer?.cancel()
    this.#timer = this.#clock.schedule(waitMs === 0 ? 0 : Math.max(waitMs, shortestMs), this.drain)
  }
}
