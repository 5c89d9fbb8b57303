import type { Duration } from '../runtime/duration.ts'
import { contextKey } from './context-values.ts'

/** What a caller may say about one call: `net.fetch(url, { mesh: { deadline: '300ms' } })`. */
export interface CallOptions {
  /** How long the whole call may take, waiting and body included; `Infinity` for no limit. @defaultValue the service's deadline */
  readonly deadline?: Duration | undefined
  /** Labels that the endpoint must carry, such as `{ version: 'v2' }`. @defaultValue any endpoint */
  readonly subset?: Readonly<Record<string, string>> | undefined
  /** Whether sending it twice does no more than sending it once. @defaultValue by its method: GET, HEAD, OPTIONS, TRACE, PUT and DELETE are */
  readonly idempotent?: boolean | undefined
  /** `false`: at most one attempt, whatever happens. @defaultValue the service's retry settings */
  readonly retry?: false | undefined
}

/** The options that {@link CallOptions} has, for telling a wrong name. */
export const callOptionNames: readonly (keyof CallOptions)[] = Object.freeze(['deadline', 'subset', 'idempotent', 'retry'])

/** Whether a call may be repeated at all. */
export const repeatable = contextKey('repeatable', true)
