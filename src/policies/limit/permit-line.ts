import type { Call } from '../../call/call.ts'
import { callPriority, lastPriority } from '../../call/call-options.ts'
import type { CancelListener } from '../../call/cancellation.ts'
import type { MeshError } from '../../errors/mesh-error.ts'
import { priorityQueues } from './priority-queues.ts'

/** A call that waits for permits. */
export class Waiter implements CancelListener {
  readonly call: Call
  /** How many permits it waits for. */
  readonly cost: number
  /** For the queues. */
  readonly options: { readonly priority: number }
  /** Whether it does not wait any more. */
  gone = false
  /** Whether it stands in no queue any more, and has not been told why: its end was announced. */
  passedOver = false
  readonly #line: PermitLine
  readonly #settled: (refusal: MeshError | undefined) => void

  /**
   * @param call the call.
   * @param cost how many permits it needs.
   * @param line where it waits.
   * @param settled told once: nothing when it got its permits, else why not.
   */
  constructor(call: Call, cost: number, line: PermitLine, settled: (refusal: MeshError | undefined) => void) {
    this.call = call
    this.cost = cost
    this.options = { priority: call.context.get(callPriority) }
    this.#line = line
    this.#settled = settled
  }

  /** Nobody waits for the call any more. */
  cancelled(reason: MeshError): void {
    if (this.gone) return
    this.#line.left(this)
    this.settle(reason)
  }

  /** It got its permits, or will not get them. */
  settle(refusal: MeshError | undefined): void {
    this.gone = true
    this.call.cancellation.remove(this)
    this.#settled(refusal)
  }
}

/**
 * The calls that wait for permits of one bucket: by priority, and within one priority in the order in which they came.
 *
 * bottleneck keeps the order, and that alone: a job of its own takes four timers, and cannot be taken back. Who left stays in the queues
 * until it is at their head, or until more have left than are there.
 */
export class PermitLine {
  readonly #left: (wasFirst: boolean) => void
  readonly #queues = priorityQueues<Waiter>(lastPriority)
  #live = 0
  #dead = 0

  /** @param left told when a call does not wait any more, and whether it was the first one. */
  constructor(left: (wasFirst: boolean) => void) {
    this.#left = left
  }

  /** How many wait. */
  get length(): number {
    return this.#live
  }

  /** Who is next. */
  get first(): Waiter | undefined {
    for (;;) {
      const queue = this.#queues.getFirst()
      if (!('first' in queue)) return undefined
      const waiter = queue.first()
      if (waiter === undefined) return waiter
      if (waiter.gone) this.#dead -= 1
      else if (!waiter.call.cancellation.ending) return waiter
      else {
        // Its end has come, of which it is told in a later turn: there are no permits for it any more.
        waiter.passedOver = true
        this.#live -= 1
      }
      queue.shift()
    }
  }

  /** Takes {@link first} out. */
  shift(): void {
    const queue = this.#queues.getFirst()
    if ('shift' in queue && queue.shift() !== undefined) this.#live -= 1
  }

  /** Puts a call in its place. */
  push(waiter: Waiter): void {
    this.#queues.push(waiter)
    this.#live += 1
    waiter.call.cancellation.add(waiter)
  }

  /** A call does not wait any more. */
  left(waiter: Waiter): void {
    // Passes this one over, too, if it is at the head.
    void this.first
    waiter.gone = true
    if (!waiter.passedOver) {
      this.#live -= 1
      this.#dead += 1
      if (this.#dead > this.#live + 32) this.#sweep()
    }
    this.#left(waiter.passedOver)
  }

  #sweep(): void {
    const live: Waiter[] = []
    this.#queues.shiftAll((waiter) => {
      if (!waiter.gone) live.push(waiter)
    })
    for (const waiter of live) this.#queues.push(waiter)
    this.#dead = 0
  }
}
