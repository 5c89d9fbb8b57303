import type { Timer } from '../runtime/clock.ts'

/** A place in the code. Whoever holds one holds what is on the stack there, until its text is asked for. */
export interface Origin {
  readonly stack?: string
}

/** A task on a fake clock. */
export class FakeTimer implements Timer {
  readonly dueAt: number
  /** Of two tasks due at once, the one with the lower number runs first. */
  readonly order: number
  readonly task: () => void
  readonly background: boolean
  /** Where it was scheduled, if that is recorded. */
  origin: Origin | undefined
  state: 'waiting' | 'cancelled' | 'taken' = 'waiting'
  readonly #queue: TaskQueue

  constructor(queue: TaskQueue, dueAt: number, order: number, task: () => void, background: boolean) {
    this.#queue = queue
    this.dueAt = dueAt
    this.order = order
    this.task = task
    this.background = background
  }

  cancel(): void {
    if (this.state !== 'waiting') return
    this.state = 'cancelled'
    this.origin = undefined
    this.#queue.dropped(this)
  }
}

function isBefore(left: FakeTimer, right: FakeTimer): boolean {
  return left.dueAt < right.dueAt || (left.dueAt === right.dueAt && left.order < right.order)
}

/**
 * Tasks by the time at which they are due: a binary heap. Cancelled tasks stay in it until they come up or outnumber the others, because
 * nearly all timers of a mesh (deadlines, time-outs) are cancelled.
 */
export class TaskQueue {
  #heap: FakeTimer[] = []
  #scheduled = 0
  #cancelled = 0
  #background = 0

  /** Tasks that wait. */
  get size(): number {
    return this.#heap.length - this.#cancelled
  }

  /** Tasks that wait and that somebody waits for. */
  get foreground(): number {
    return this.size - this.#background
  }

  /** Adds a task. */
  add(dueAt: number, task: () => void, background: boolean): FakeTimer {
    const timer = new FakeTimer(this, dueAt, this.#scheduled, task, background)
    this.#scheduled += 1
    if (background) this.#background += 1
    this.#heap.push(timer)
    this.#rise(this.#heap.length - 1)
    return timer
  }

  /** Takes the next task out, if it is due at `limit` or before. */
  takeDue(limit: number): FakeTimer | undefined {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined || (first.state === 'waiting' && first.dueAt > limit)) return undefined
      this.#removeFirst()
      if (first.state === 'cancelled') {
        this.#cancelled -= 1
        continue
      }
      first.state = 'taken'
      // A task that schedules the next one is on the stack of that one: each of a chain would keep all before it.
      first.origin = undefined
      if (first.background) this.#background -= 1
      return first
    }
  }

  /** Every task that waits, the next one first. */
  inOrder(): FakeTimer[] {
    return this.#heap.filter((timer) => timer.state === 'waiting').sort((left, right) => (isBefore(left, right) ? -1 : 1))
  }

  /** @internal a task was cancelled */
  dropped(timer: FakeTimer): void {
    this.#cancelled += 1
    if (timer.background) this.#background -= 1
    if (this.#cancelled < 64 || this.#cancelled < this.#heap.length / 2) return
    // A sorted array is a heap.
    this.#heap = this.inOrder()
    this.#cancelled = 0
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop() as FakeTimer
    if (heap.length === 0) return
    heap[0] = last
    this.#sink(0)
  }

  #rise(from: number): void {
    const heap = this.#heap
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(heap[index] as FakeTimer, heap[parent] as FakeTimer)) return
      this.#swap(index, parent)
      index = parent
    }
  }

  #sink(from: number): void {
    const heap = this.#heap
    let index = from
    for (;;) {
      let least = index
      for (let child = 2 * index + 1; child <= 2 * index + 2 && child < heap.length; child += 1) {
        if (isBefore(heap[child] as FakeTimer, heap[least] as FakeTimer)) least = child
      }
      if (least === index) return
      this.#swap(index, least)
      index = least
    }
  }

  #swap(left: number, right: number): void {
    const heap = this.#heap
    const held = heap[left] as FakeTimer
    heap[left] = heap[right] as FakeTimer
    heap[right] = held
  }
}
