import type { ConcurrencyLimitPart } from '../policies/concurrency/concurrency-limit.ts'
import type { RouteMatchPlan, ValueMatch } from '../routing/route-match.ts'
import type { AdmissionPlan } from './admission-schema.ts'
import type { CircuitPlan } from './circuit-plan.ts'
import type { ConcurrencyPlan } from './concurrency-schema.ts'
import type { ServicePlan } from './plan.ts'
import type { RateLimitPlan } from './rate-limit-schema.ts'
import type { HedgePlan, RetryPlan } from './retry-plan.ts'
import type { RouteOptions } from './route-options.ts'
import type { SplitPlan } from './split-schema.ts'

/** {@link RouteConcurrencyOptions} in a finished plan: durations in milliseconds. */
export interface RouteConcurrencyPlan extends Omit<ConcurrencyPlan, 'endpoints'> {
  /** See {@link RouteConcurrencyOptions.limit}. */
  readonly limit: number | ConcurrencyLimitPart
}

/** {@link RouteOptions} in a finished plan: durations in milliseconds. */
export interface RoutePlan extends RouteOptions {
  /** See {@link RouteOptions.name}. */
  readonly name: string
  /** See {@link RouteOptions.match}. */
  readonly match: RouteMatchPlan
  /** See {@link RouteOverrides.deadline}; `Infinity` for no limit. */
  readonly deadline?: number | undefined
  /** See {@link RouteOverrides.attemptTimeout}. */
  readonly attemptTimeout?: number | false | undefined
  /** See {@link RouteOverrides.retry}. */
  readonly retry?: RetryPlan | false | undefined
  /** See {@link RouteOverrides.hedge}. */
  readonly hedge?: HedgePlan | false | undefined
  /** See {@link RouteOverrides.rateLimit}. */
  readonly rateLimit?: RateLimitPlan | false | undefined
  /** See {@link RouteOverrides.concurrency}. */
  readonly concurrency?: RouteConcurrencyPlan | false | undefined
  /** See {@link RouteOverrides.admission}. */
  readonly admission?: AdmissionPlan | false | undefined
  /** See {@link RouteOverrides.circuitBreaker}. */
  readonly circuitBreaker?: CircuitPlan | false | undefined
  /** See {@link RouteOverrides.split}. */
  readonly split?: SplitPlan | false | undefined
}

/** What a route matches, in a few words: the name of one that has none. */
export function nameOfMatch({ path, method, headers, query, share }: RouteMatchPlan): string {
  const words = [
    method?.join(','),
    path === undefined ? undefined : typeof path === 'string' ? path : 'prefix' in path ? `${path.prefix}*` : path.pattern,
    ...Object.entries(headers ?? {}).map(([name, match]) => nameOfValue(name, ':', match)),
    ...Object.entries(query ?? {}).map(([name, match]) => nameOfValue(`?${name}`, '=', match)),
    share === undefined ? undefined : `share ${share}`,
  ]
  return words.filter((word) => word !== undefined).join(' ') || 'any call'
}

function nameOfValue(name: string, sign: string, match: ValueMatch): string {
  if (typeof match === 'boolean') return match ? name : `!${name}`
  if (typeof match === 'string') return `${name}${sign}${match}`
  return `${name}${sign}${'prefix' in match ? `${match.prefix}*` : match.join('|')}`
}

/** A service as it would be if all its calls took a route. */
export function planOnRoute(plan: ServicePlan, route: RoutePlan): ServicePlan {
  const { attemptTimeout, concurrency } = route
  const retry = route.retry ?? plan.retry
  const { attemptTimeout: inherited, ...others } = retry === false ? {} : retry
  const limited = attemptTimeout === undefined ? inherited : attemptTimeout === false ? undefined : attemptTimeout
  return {
    ...plan,
    deadline: route.deadline ?? plan.deadline,
    retry: retry === false ? false : { ...(others as RetryPlan), ...(limited === undefined ? {} : { attemptTimeout: limited }) },
    hedge: route.hedge ?? plan.hedge,
    rateLimit: route.rateLimit ?? plan.rateLimit,
    concurrency: concurrency === undefined ? plan.concurrency : concurrency && { ...concurrency, endpoints: false },
    admission: route.admission ?? plan.admission,
    split: route.split ?? plan.split,
    mirror: route.mirror ?? plan.mirror,
    fault: route.fault ?? plan.fault,
  }
}
