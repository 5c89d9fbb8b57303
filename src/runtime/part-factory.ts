const factories = new WeakSet<object>()

/**
 * Marks a function that makes parts, such as `maglev`: whoever forgets to call it has given a function where one of their own may stand, and is told.
 *
 * @param factory the function, which takes options. One that takes nothing needs no mark: what it makes, whatever it is given, is a part.
 */
export function makesParts(factory: (...given: never[]) => unknown): void {
  factories.add(factory)
}

/** Whether a function makes parts, and is none. */
export function isPartFactory(value: unknown): boolean {
  return typeof value === 'function' && factories.has(value)
}
