import type { BodyListener } from '../call/body-feed.ts'
import type { Cancellation, CancelSource } from '../call/cancellation.ts'
import type { Outcome } from '../call/outcome.ts'
import { MeshError } from '../errors/mesh-error.ts'
import type { ResponseBody } from './response-body.ts'
import type { SignalGroup, SignalMember } from './signal-group.ts'
import type { Uploading } from './uploading.ts'

/**
 * Ties one call to the caller's `AbortSignal`, from its beginning until the body of the reply is over. Then the listener is gone: a
 * signal that outlives a million calls keeps none of them.
 */
export class AbortLink implements BodyListener, CancelSource, SignalMember<AbortLink> {
  before: AbortLink | undefined
  after: AbortLink | undefined
  readonly #service: string
  readonly #signal: AbortSignal
  readonly #cancellation: Cancellation
  /** Until the call is over, or its caller has left. */
  #group: SignalGroup<AbortLink> | undefined
  #over = false
  #error: MeshError | undefined
  /** Who reads the caller's stream, if the request has one. */
  upload: Uploading | undefined
  #reject: ((reason: unknown) => void) | undefined
  /** Weak, so that a response that the caller drops is collected, and its connection freed, although the signal lives on. */
  #body: WeakRef<ResponseBody> | undefined

  /**
   * @param service for messages.
   * @param group of the caller's signal, which is not aborted yet.
   * @param cancellation of the call.
   */
  constructor(service: string, group: SignalGroup<AbortLink>, cancellation: Cancellation) {
    this.#service = service
    this.#signal = group.signal
    this.#cancellation = cancellation
    this.#group = group
    group.add(this)
  }

  /**
   * Waits for an outcome.
   *
   * @returns the outcome; rejects with exactly the signal's reason as soon as the caller leaves.
   */
  follow(sending: Promise<Outcome>): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#reject = reject
      sending.then(
        (outcome) => {
          this.#reject = undefined
          // The caller has left already: nobody will see this reply.
          if (this.#signal.aborted && outcome.ok) outcome.reply.body.abort(this.#left())
          resolve(outcome)
        },
        (mistake: unknown) => {
          this.release()
          reject(mistake)
        },
      )
    })
  }

  /** From now on the caller's leaving ends this body. */
  guard(body: ResponseBody): void {
    this.#body = new WeakRef(body)
  }

  /** Stops listening. */
  release(): void {
    this.#over = true
    const group = this.#group
    this.#group = undefined
    group?.remove(this)
  }

  bodyOver(): void {
    this.release()
  }

  announce(): void {
    // It is out of the group by then.
    this.#group = undefined
    this.#cancellation.announce(this)
  }

  cancelReason(): MeshError {
    this.#error ??= this.#left()
    return this.#error
  }

  leave(): void {
    // Over, meanwhile.
    if (this.#over) return
    this.#over = true
    this.#group = undefined
    const { reason } = this.#signal
    const error = this.cancelReason()
    this.#reject?.(reason)
    this.#cancellation.cancel(error)
    this.#body?.deref()?.abort(error)
    this.upload?.stop(reason)
  }

  #left(): MeshError {
    return new MeshError('ABORTED', 'the caller left', { service: this.#service, sent: true }, this.#signal.reason)
  }
}
