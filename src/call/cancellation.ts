import type { MeshError } from '../errors/mesh-error.ts'

/** Something that stops when a call is cancelled. An object rather than a function, so that nobody makes a closure for a call. */
export interface CancelListener {
  /** Told once, with the reason. */
  cancelled(reason: MeshError): void
}

/** Knows why calls are cancelled whose listeners are told later. */
export interface CancelSource {
  /** Asked at most once. */
  cancelReason(): MeshError
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
  #announcedBy: CancelSource | undefined
  #told = false
  /** Nearly always there are two listeners at most, the deadline and the stage that the call waits in, and no set is made for them. */
  #listener: CancelListener | undefined
  #second: CancelListener | undefined
  #more: Set<CancelListener> | undefined

  /** @param parent whose end is also the end of this one; call {@link release} when this one is no longer needed. */
  constructor(parent?: Cancellation) {
    this.#parent = parent
    if (parent !== undefined) {
      this.#reason = parent.reason
      this.#told = parent.#told
      parent.add(this)
    }
  }

  /** Why it was cancelled; `undefined` while it was not. */
  get reason(): MeshError | undefined {
    if (this.#announcedBy !== undefined) this.#reason ??= this.#announcedBy.cancelReason()
    return this.#reason
  }

  /** Whether there is a {@link reason}, for somebody who need not know which: one that was announced has not been made yet. */
  get ending(): boolean {
    return this.#reason !== undefined || this.#announcedBy !== undefined
  }

  /**
   * It is cancelled, and {@link cancel} is called later: where ten thousand calls end by one signal, telling all who listen takes as long as many turns
   * of the event loop. Until then nothing is begun any more for whoever looks at {@link reason} first.
   */
  announce(source: CancelSource): void {
    if (!this.ending) this.#announcedBy = source
  }

  /** Cancels, once; later reasons are ignored. */
  cancel(reason: MeshError): void {
    if (this.#told) return
    this.#told = true
    this.#reason ??= reason
    this.#announcedBy = undefined
    this.#tell(this.#reason)
  }

  #tell(reason: MeshError): void {
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
    if (this.#told) return
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
    const { reason } = this
    if (reason !== undefined) controller.abort(reason)
    else this.add({ cancelled: (reason) => controller.abort(reason) })
    return controller.signal
  }
}
