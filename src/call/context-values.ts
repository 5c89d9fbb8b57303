/** Names a value that policies hand to each other along a call, and knows the value's type and default. */
export interface ContextKey<T> {
  /** For messages. */
  readonly name: string
  /** What {@link ContextValues.get} answers when nothing was set. */
  readonly fallback: T
}

/**
 * Makes a key. Each call of this function makes another key, also for the same name.
 *
 * @param name for messages.
 * @param fallback what reading answers when nothing was set.
 */
export function contextKey<T>(name: string, fallback: T): ContextKey<T> {
  return Object.freeze({ name, fallback })
}

/** Values that policies hand to each other along a call. Shared by all copies of the call; empty until somebody sets something. */
export class ContextValues {
  /** Nearly always there is one value at most, and no map is made for it. */
  #firstKey: ContextKey<unknown> | undefined
  #firstValue: unknown
  #more: Map<ContextKey<unknown>, unknown> | undefined

  /** The value of a key, or its fallback. */
  get<T>(key: ContextKey<T>): T {
    if (this.#firstKey === key) return this.#firstValue as T
    const more = this.#more
    return more?.has(key) ? (more.get(key) as T) : key.fallback
  }

  /** Sets a value. */
  set<T>(key: ContextKey<T>, value: T): void {
    if (this.#firstKey === undefined || this.#firstKey === key) {
      this.#firstKey = key
      this.#firstValue = value
      return
    }
    this.#more ??= new Map()
    this.#more.set(key, value)
  }
}
