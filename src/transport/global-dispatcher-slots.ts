/**
 * Loading undici writes an agent of its own into the two process-wide slots in which every copy of undici, the one behind the built-in
 * fetch included, looks for "the" dispatcher. A dispatcher that somebody installed through an older copy would silently stop working, and
 * without one the built-in fetch of newer Nodes would run on our copy. This module, evaluated before undici, remembers both slots;
 * {@link restoreGlobalDispatchers}, called after, puts them back.
 */
const slots = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')] as const

type Slots = Record<symbol, unknown>

const before = slots.map((slot) => (globalThis as unknown as Slots)[slot])

/** Puts the slots back to what they held before undici was loaded, also when that was nothing. */
export function restoreGlobalDispatchers(): void {
  slots.forEach((slot, i) => {
    // Not deleted when it was absent: undici defines the slots so that they cannot be, and every copy takes `undefined` for absent.
    if ((globalThis as unknown as Slots)[slot] !== before[i]) (globalThis as unknown as Slots)[slot] = before[i]
  })
}
