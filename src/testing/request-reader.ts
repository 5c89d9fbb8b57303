import type { Attempt } from '../call/attempt.ts'
import { MeshError } from '../errors/mesh-error.ts'

/** Reads the body of a request, as a transport that writes it to a wire does: piece by piece, and no further once the attempt is over. */
export class RequestReader {
  /** The pieces, when the body is complete. Rejects when it failed, or was left. */
  readonly complete: Promise<readonly Uint8Array[]>
  #iterator: AsyncIterator<Uint8Array> | undefined
  #done = false
  #reject: (error: MeshError) => void = () => {}
  readonly #attempt: Attempt

  /**
   * @param attempt whose body it reads.
   * @param onFailure told when the body throws.
   */
  constructor(attempt: Attempt, onFailure: (error: MeshError) => void) {
    this.#attempt = attempt
    this.complete = new Promise((resolve, reject) => {
      this.#reject = reject
      this.#read().then(resolve, (cause: unknown) => {
        const error = this.#error('BODY_FAILED', 'the body of the request threw while it was read', cause)
        this.#done = true
        reject(error)
        onFailure(error)
      })
    })
    // Only who asks for the body is told that there is none.
    this.complete.catch(() => {})
  }

  /** The attempt is over: gives up what has not come. */
  leave(): void {
    if (this.#done) return
    this.#done = true
    this.#reject(this.#error('ABORTED', 'the attempt was over before the whole body of the request had come'))
    this.#iterator?.return?.().then(undefined, () => {})
  }

  async #read(): Promise<Uint8Array[]> {
    const content = this.#attempt.call.body.open()
    if (content instanceof Uint8Array) {
      this.#done = true
      return [content]
    }
    const iterator = content[Symbol.asyncIterator]()
    this.#iterator = iterator
    const pieces: Uint8Array[] = []
    for (;;) {
      const step = await iterator.next()
      if (step.done === true || this.#done) break
      // A copy: the caller may use the buffer again.
      pieces.push(new Uint8Array(step.value))
    }
    this.#done = true
    return pieces
  }

  #error(code: 'BODY_FAILED' | 'ABORTED', message: string, cause?: unknown): MeshError {
    const { call, endpoint } = this.#attempt
    return new MeshError(code, message, { service: call.service, endpoint: endpoint.address, sent: true }, cause)
  }
}
