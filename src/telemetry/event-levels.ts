import type { MeshEventName } from '../runtime/events.ts'
import type { LogLevel } from './logger.ts'

/** The level of events that {@link eventLevels} does not name. */
export const otherEventLevel: LogLevel = 'info'

/**
 * How much each event matters in a log: an `error` is a mistake in code that somebody should mend, a `warn` is something that is not as it
 * should be, an `info` is a change, and `debug` is what happens call by call. Events that are not here are {@link otherEventLevel}.
 */
export const eventLevels = Object.freeze({
  'part-threw': 'error',
  'balancer-bypassed': 'error',
  'resolver-failed': 'warn',
  'empty-answer-held': 'warn',
  'endpoint-refused': 'warn',
  'snapshot-file-failed': 'warn',
  'endpoint-ejected': 'warn',
  'circuit-opened': 'warn',
  'call-limited': 'warn',
  'call-shed': 'warn',
  'endpoints-changed': 'info',
  'resolver-recovered': 'info',
  'endpoint-readmitted': 'info',
  'health-changed': 'info',
  'circuit-closed': 'info',
  'plan-applied': 'info',
  'circuit-half-open': 'debug',
  'circuit-refused': 'debug',
  'attempt-repeated': 'debug',
  'attempt-hedged': 'debug',
} as const satisfies { readonly [Name in MeshEventName]?: LogLevel })
