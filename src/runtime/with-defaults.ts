/** Options in which only what was given counts: `undefined` means "not given". */
export type Given<T> = { readonly [K in keyof T]?: T[K] | undefined }

/**
 * Fills in what was not given. A `0`, `false` or `''` was given and stays.
 *
 * @param defaults a frozen object that names every default.
 * @param given what the caller said.
 * @returns a new frozen object.
 */
export function withDefaults<T extends object>(defaults: Readonly<T>, given: Given<T> | undefined): Readonly<T> {
  const settings: T = { ...defaults }
  if (given !== undefined) {
    for (const key of Object.keys(given) as (keyof T)[]) {
      if (given[key] !== undefined) settings[key] = given[key] as T[keyof T]
    }
  }
  return Object.freeze(settings)
}
