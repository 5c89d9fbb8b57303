import type { Call } from './call.ts'
import { contextKey } from './context-values.ts'

/** The call that this one is a copy of, sent by a mirror; `undefined` for a call that somebody waits for. */
export const mirrorOf = contextKey<Call | undefined>('mirror of', undefined)
