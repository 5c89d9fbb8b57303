/** Tells those who want to know that there may be room. Nothing is kept unless somebody asked. */
export class RoomNews {
  #next: Promise<void> | undefined
  #resolve: (() => void) | undefined

  /** Resolves when there may be room: look whether there is. */
  wait(): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      this.#resolve = resolve
    })
    return this.#next
  }

  /** There may be room. */
  tell(): void {
    const resolve = this.#resolve
    this.#next = undefined
    this.#resolve = undefined
    resolve?.()
  }
}
