import type { Random } from '../runtime/random.ts'

const taken = new WeakMap<Random, Map<string, number>>()

/**
 * A stream of chance for a part of which a service may have several: `merge(dns(...), dns(...))` makes two DNS resolvers on one host, and
 * a new plan makes another. A label can be forked once, so the streams are numbered in the order in which they are made.
 */
export function numberedStream(random: Random, label: string): Random {
  let counts = taken.get(random)
  if (counts === undefined) taken.set(random, (counts = new Map()))
  const number = (counts.get(label) ?? 0) + 1
  counts.set(label, number)
  return random.fork(`${label} ${number}`)
}
