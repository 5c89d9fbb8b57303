import type { Duration } from '../runtime/duration.ts'
import { contextKey } from './context-values.ts'
import type { InformationalListener } from './informational.ts'

/** What a caller may say about one call: `net.fetch(url, { mesh: { deadline: '300ms' } })`. */
export interface CallOptions {
  /** How long the whole call may take, waiting and body included; `Infinity` for no limit. @defaultValue the service's deadline */
  readonly deadline?: Duration | undefined
  /** Labels that the endpoint must carry, such as `{ version: 'v2' }`. @defaultValue any endpoint */
  readonly subset?: Readonly<Record<string, string>> | undefined
  /**
   * What a hashing balancer hashes for this call, in place of what its `hashOn` says: calls with one key go to one endpoint. Other balancers
   * do not look at it. @defaultValue what `hashOn` says
   */
  readonly hashKey?: string | undefined
  /** Whether sending it twice does no more than sending it once. @defaultValue by its method: GET, HEAD, OPTIONS, TRACE, PUT and DELETE are */
  readonly idempotent?: boolean | undefined
  /** `false`: at most one attempt, whatever happens. @defaultValue the service's retry settings */
  readonly retry?: false | undefined
  /**
   * How much of a streamed body is kept so that another attempt can send it again, in bytes; `true` for 64 KiB. A stream that turns out
   * longer is sent once. @defaultValue nothing is kept
   */
  readonly replay?: true | number | undefined
  /**
   * Who goes first where calls wait, a whole number from 0, the most important, to 9. Calls of one priority keep their order.
   * @defaultValue {@link defaultPriority}
   */
  readonly priority?: number | undefined
  /** Hears of what a server says before its reply, such as 103 Early Hints, in every attempt. What it throws is thrown away. */
  readonly onInformational?: InformationalListener | undefined
}

/** The options that {@link CallOptions} has, for telling a wrong name. */
export const callOptionNames: readonly (keyof CallOptions)[] = Object.freeze([
  'deadline',
  'subset',
  'hashKey',
  'idempotent',
  'retry',
  'replay',
  'priority',
  'onInformational',
])

/** The priority of a call that says nothing. */
export const defaultPriority = 5

/** The last of the priorities: they are the whole numbers from 0 to this. */
export const lastPriority = 9

/** See {@link CallOptions.priority}. */
export const callPriority = contextKey<number>('priority', defaultPriority)

/** What to hash for a call, if its caller says so. */
export const hashKey = contextKey<string | undefined>('hash key', undefined)

/** Whether a call may be repeated at all. */
export const repeatable = contextKey('repeatable', true)

/** Whether another attempt of a call goes to a zone that the call has not tried, as long as there is one. */
export const avoidTriedZones = contextKey('avoid-tried-zones', false)
