/** Where undici's `setGlobalOrigin` writes, and the built-in fetch reads. */
const slot = Symbol.for('undici.globalOrigin.1')

/**
 * What relative URLs are relative to, and where calls come from, if the program said so with undici's `setGlobalOrigin`; the built-in fetch
 * reads the same place.
 */
export function programOrigin(): URL | undefined {
  const url = (globalThis as Record<symbol, unknown>)[slot]
  return url instanceof URL ? url : undefined
}
