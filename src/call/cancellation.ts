import type { MeshError } from '../errors/mesh-error.ts'

/** Something that stops when a call is cancelled. An object rather than a function, so that nobody makes a closure for a call. */
export interface CancelListener {
  /** Told once, with the reason. */
  cancelled(reason: MeshError): void
}

/**
 * Says that nobody waits for an answer any more: the caller left, the deadline passed, or the attempt took too long.
 *
 * It stands where an `AbortSignal` would: making a signal and listening to it cost more than the rest of the call path together. An
 * attempt's cancellation is a child of its call's, so that cancelling the call cancels the attempt and not the other way round.
 */
export class Cancellation implements CancelListener {
  readonly #parent: Cancellation | undefined
  #reason: MeshError | undefined
  /** Nearly always there are two listeners at most, the deadline and the stage that the call waits in, and no set is made for them. */
  #listener: CancelListener | undefined
  #second: CancelListener | undefined
  #more: Set<CancelListener> | undefined

  /** @param parent whose end is also the end of this one; call {@link release} when this one is no longer needed. */
  constructor(parent?: Cancellation) {
    this.#parent = parent
    if (parent !== undefined) {
      this.#reason = parent.reason
      parent.add(this)
    }
  }

  /** Why it was cancelled; `undefined` while it was not. */
  get reason(): MeshError | undefined {
    return this.#reason
  }

  /** Cancels, once; later reasons are ignored. */
  cancel(reason: MeshError): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    const first = this.#listener
    this.#listener = undefined
    first?.cancelled(reason)
    // Looked at only now: a listener that is told may take others away, and those must not be told any more.
    const second = this.#second
    this.#second = undefined
    second?.cancelled(reason)
    const more = this.#more
    if (more !== undefined) for (const listener of more) listener.cancelled(reason)
    this.#more = undefined
  }

  /** How a parent tells its child. */
  cancelled(reason: MeshError): void {
    this.cancel(reason)
  }

  /** Adds a listener. It is not told of a reason that is already there: look at {@link reason} first. */
  add(listener: CancelListener): void {
    if (this.#reason !== undefined) return
    if (this.#listener === undefined) {
      this.#listener = listener
      return
    }
    if (this.#second === undefined) {
      this.#second = listener
      return
    }
    this.#more ??= new Set()
    this.#more.add(listener)
  }

  /** Takes a listener away. */
  remove(listener: CancelListener): void {
    if (this.#listener === listener) this.#listener = undefined
    else if (this.#second === listener) this.#second = undefined
    else this.#more?.delete(listener)
  }

  /** Lets go of the parent. */
  release(): void {
    this.#parent?.remove(this)
  }

  /** Makes an `AbortSignal` that follows this cancellation, for code that wants one. */
  toSignal(): AbortSignal {
    const controller = new AbortController()
    if (this.#reason !== undefined) controller.abort(this.#reason)
    else this.add({ cancelled: (reason) => controller.abort(reason) })
    return controller.signal
  }
}
