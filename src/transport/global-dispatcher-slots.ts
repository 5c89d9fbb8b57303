/**
 * Loading undici writes an agent of its own into the two process-wide slots in which every copy of undici, the one behind the built-in
 * fetch included, looks for "the" dispatcher. A dispatcher that somebody installed through an older copy would silently stop working, and
 * without one the built-in fetch of newer Nodes would run on our copy. Node's own undici, which is loaded when a program first touches
 * `fetch` or `Response`, does the same to older copies from Node 26 on.
 *
 * This module, evaluated before either (`src/index.ts` imports it first of all), remembers both slots; {@link restoreGlobalDispatchers},
 * called when undici is loaded, puts them back.
 */
const slots = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')] as const

type Slots = Record<symbol, unknown>

const read = (): unknown[] => slots.map((slot) => (globalThis as unknown as Slots)[slot])

const before = read()

// Asking for Response loads Node's own undici now; later it would overwrite what is put back. What it puts into an empty slot has to stay
// there: it is not put there again, and the built-in fetch would find nothing.
const filled = typeof Response === 'function' ? read() : before

/** Puts the slots back to what they held before undici was loaded. */
export function restoreGlobalDispatchers(): void {
  slots.forEach((slot, i) => {
    const value = before[i] ?? filled[i]
    // Not deleted when it was absent: undici defines the slots so that they cannot be, and every copy takes `undefined` for absent.
    if ((globalThis as unknown as Slots)[slot] !== value) (globalThis as unknown as Slots)[slot] = value
  })
}
