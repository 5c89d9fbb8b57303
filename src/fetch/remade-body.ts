import type { BodyContent, CallBody } from '../call/call-body.ts'
import type { ReadBody } from './request-body.ts'
import type { Uploading } from './uploading.ts'

/** A body that the caller makes anew for each attempt. */
export class RemadeBody implements CallBody, Uploading {
  readonly #make: () => ReadBody
  /** Streams that were made, one an attempt. */
  readonly #uploads: Uploading[] = []
  readonly whole = false
  readonly sendable = true
  readonly shareable = true
  readonly length: number | undefined

  /**
   * @param make calls the caller's function.
   * @param length in bytes, when the caller said it.
   */
  constructor(make: () => ReadBody, length: number | undefined) {
    this.#make = make
    this.length = length
  }

  open(): BodyContent {
    const { body, upload } = this.#make()
    if (upload !== undefined) this.#uploads.push(upload)
    return body.open()
  }

  stop(reason: unknown): void {
    for (const upload of this.#uploads) upload.stop(reason)
  }

  abandon(reason: unknown): void {
    for (const upload of this.#uploads) upload.abandon(reason)
  }

  settle(): void {}
}
