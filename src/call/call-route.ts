import type { Call } from './call.ts'
import { contextKey } from './context-values.ts'
import type { Classifier } from './verdict.ts'

/** The route of its service that a call took, as everybody along its way may know it. */
export interface CallRoute {
  /** Its name. */
  readonly name: string
  /** The path that it matches, with `{name}` and `*` for what varies: few, however many paths there are. `undefined` if it matches any path. */
  readonly template: string | undefined
  /** How long its calls may take, in milliseconds; `undefined` for as long as those of the service. */
  readonly deadlineMs: number | undefined
  /** The judge of its attempts; `undefined` for that of the service. */
  readonly classify: Classifier | undefined
}

/** The route of a call; set before any layer sees the call, and never again. */
export const callRoute = contextKey<CallRoute | undefined>('route', undefined)

/** The path that the caller wrote, of a call whose route gave it another one. */
export const pathBeforeRewrite = contextKey<string | undefined>('path before the rewrite', undefined)

/** The path that its route gave a call in place of what the caller wrote. */
export const pathAfterRewrite = contextKey<string | undefined>('path after the rewrite', undefined)

/** Whether the caller said how long this call may take. */
export const ownDeadline = contextKey('own deadline', false)

/** The route of a call as events tell it: nothing for a call that took none. */
export function routeFact({ route }: Call): { readonly route?: string } {
  return route === undefined ? {} : { route }
}
