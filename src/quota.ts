/**
 * Quotas that processes share through Redis. Apart from the rest, because it needs `ioredis`, which you install beside it.
 *
 * @packageDocumentation
 */
export { type QuotaOptions, quotaDefaults } from './policies/limit/quota-options.ts'
export type { OutagePolicy, QuotaLease, QuotaPart, QuotaSource, QuotaTerms } from './policies/limit/quota-source.ts'
export { quota } from './policies/limit/redis-quota.ts'
