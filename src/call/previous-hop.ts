import type { Call } from './call.ts'
import { contextKey } from './context-values.ts'

/** The call whose reply redirected the caller here; `undefined` for a call that follows no redirect. */
export const previousHop = contextKey<Call | undefined>('previous hop', undefined)
