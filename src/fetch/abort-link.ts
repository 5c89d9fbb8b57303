import type { BodyListener } from '../call/body-feed.ts'
import type { Cancellation } from '../call/cancellation.ts'
import type { Outcome } from '../call/outcome.ts'
import { MeshError } from '../errors/mesh-error.ts'
import type { ResponseBody } from './response-body.ts'
import type { Uploading } from './uploading.ts'

/**
 * Ties one call to the caller's `AbortSignal`, from its beginning until the body of the reply is over. Then the listener is gone: a
 * signal that outlives a million calls keeps none of them.
 */
export class AbortLink implements BodyListener {
  readonly #service: string
  readonly #signal: AbortSignal
  readonly #cancellation: Cancellation
  /** Who reads the caller's stream, if the request has one. */
  upload: Uploading | undefined
  #reject: ((reason: unknown) => void) | undefined
  /** Weak, so that a response that the caller drops is collected, and its connection freed, although the signal lives on. */
  #body: WeakRef<ResponseBody> | undefined

  /**
   * @param service for messages.
   * @param signal of the caller; not aborted yet.
   * @param cancellation of the call.
   */
  constructor(service: string, signal: AbortSignal, cancellation: Cancellation) {
    this.#service = service
    this.#signal = signal
    this.#cancellation = cancellation
    signal.addEventListener('abort', this)
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
    this.#signal.removeEventListener('abort', this)
  }

  bodyOver(): void {
    this.release()
  }

  /** @internal what the signal calls */
  handleEvent(): void {
    this.release()
    const { reason } = this.#signal
    const error = this.#left()
    this.#reject?.(reason)
    this.#cancellation.cancel(error)
    this.#body?.deref()?.abort(error)
    this.upload?.stop(reason)
  }

  #left(): MeshError {
    return new MeshError('ABORTED', 'the caller left', { service: this.#service, sent: true }, this.#signal.reason)
  }
}
