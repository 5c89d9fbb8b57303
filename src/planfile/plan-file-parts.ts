import type { BalanceFunction, BalancerPart } from '../balancing/balancer.ts'
import type { LoadMeter } from '../balancing/load-meter.ts'
import type { ResolveFunction, ResolverPart } from '../discovery/resolver.ts'
import type { StrategyKind } from '../mesh/plan-form.ts'
import type { ConcurrencyLimitPart } from '../policies/concurrency/concurrency-limit.ts'
import type { QuotaPart } from '../policies/limit/quota-source.ts'
import type { Policy } from '../policies/policy.ts'
import type { Part } from '../runtime/host.ts'

/**
 * Makes a strategy of what a file says behind its name, or of nothing. Whatever it throws is a problem of the file.
 *
 * A parameter of type `never` fits functions with any parameter.
 */
export type MakePart<T> = (options: never) => T

/**
 * What a program hands in so that its plan files can name it. A file that says `balance: { custom: mine }` gets `balancers.mine()`, and one that
 * says `balance: { custom: { mine: { factor: 2 } } }` gets `balancers.mine({ factor: 2 })`; `{ function: isBusy }` stands for `functions.isBusy` itself.
 */
export interface PlanFileParts {
  /** For `resolve`. */
  readonly resolvers?: Readonly<Record<string, MakePart<ResolverPart | ResolveFunction>>> | undefined
  /** For `balance`. */
  readonly balancers?: Readonly<Record<string, MakePart<BalancerPart | BalanceFunction>>> | undefined
  /** For balancers that take a load meter. */
  readonly meters?: Readonly<Record<string, MakePart<Part<LoadMeter>>>> | undefined
  /** For `concurrency`. */
  readonly limits?: Readonly<Record<string, MakePart<ConcurrencyLimitPart>>> | undefined
  /**
   * For `rateLimit.quota`. `redis` makes what files say with `quota: { redis, name }`; hand in `quota` of `proxyless/quota`, which needs `ioredis`.
   */
  readonly quotas?: Readonly<Record<string, MakePart<QuotaPart>>> | undefined
  /** For `use`. */
  readonly policies?: Readonly<Record<string, MakePart<Policy>>> | undefined
  /** For everything that takes a function: `classify`, `rateLimit.key`, `hashOn`, rules of ejection and so on. */
  // biome-ignore lint/suspicious/noExplicitAny: each is checked where it is used
  readonly functions?: Readonly<Record<string, (...args: any[]) => unknown>> | undefined
}

/** The table for each kind of strategy. */
export const tableNames: { readonly [K in StrategyKind]: Exclude<keyof PlanFileParts, 'functions'> } = {
  resolver: 'resolvers',
  balancer: 'balancers',
  meter: 'meters',
  limit: 'limits',
  quota: 'quotas',
  policy: 'policies',
}
