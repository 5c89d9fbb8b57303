import { contextKey } from './context-values.ts'

/** The version that a split drew for a call, where another one had to take it; `undefined` for nearly every call. */
export const drawnVersion = contextKey<string | undefined>('drawn version', undefined)
