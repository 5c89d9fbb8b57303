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
  #values: Map<ContextKey<unknown>, unknown> | undefined

  /** The value of a key, or its fallback. */
  get<T>(key: ContextKey<T>): T {
    const values = this.#values
    return values?.has(key) ? (values.get(key) as T) : key.fallback
  }

  /** Sets a value. */
  set<T>(key: ContextKey<T>, value: T): void {
    this.#values ??= new Map()
    this.#values.set(key, value)
  }
}
