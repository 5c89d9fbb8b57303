import type { Redis, RedisOptions } from 'ioredis'
import { ConfigError } from '../../errors/config-error.ts'
import { printValue } from '../../errors/print-value.ts'
import { type Duration, durationMs } from '../../runtime/duration.ts'
import type { OutagePolicy } from './quota-source.ts'

/** A quota that processes share through Redis. See {@link quotaDefaults}. */
export interface QuotaOptions {
  /** Where Redis is: a URL such as `redis://127.0.0.1:6379`, ioredis' options, or a client, of which a duplicate is used. */
  readonly redis: string | RedisOptions | Redis
  /** Names the quota in Redis: whoever says the same name shares it. */
  readonly name: string
  /**
   * What becomes of calls while Redis cannot be reached. `'local-share'`: each process goes on with its part of the rate, that is the rate
   * divided by the processes that were there last. `'refuse'`: calls are refused, or wait if they queue. `'allow'`: calls pass.
   *
   * @defaultValue {@link quotaDefaults}.onOutage
   */
  readonly onOutage?: OutagePolicy | undefined
  /** How many processes share the quota, as long as Redis has not told: for an outage at the start. @defaultValue {@link quotaDefaults}.processes */
  readonly processes?: number | undefined
  /** How long Redis may take to answer; then it counts as out of reach. @defaultValue {@link quotaDefaults}.timeout */
  readonly timeout?: Duration | undefined
}

/** The defaults of {@link QuotaOptions}. */
export const quotaDefaults = Object.freeze({
  /** Neither more than the partner allows, nor an outage because of a counter. */
  onOutage: 'local-share',
  /** Until Redis says how many there are. */
  processes: 1,
  /** A hundred times what Redis takes, and less than most deadlines. */
  timeout: '500ms',
} as const)

/** {@link QuotaOptions} with every default filled in and every duration in milliseconds. */
export interface QuotaSettings {
  /** See {@link QuotaOptions.redis}. */
  readonly redis: string | RedisOptions | Redis
  /** See {@link QuotaOptions.name}. */
  readonly name: string
  /** See {@link QuotaOptions.onOutage}. */
  readonly onOutage: OutagePolicy
  /** See {@link QuotaOptions.processes}. */
  readonly processes: number
  /** See {@link QuotaOptions.timeout}. */
  readonly timeoutMs: number
}

/**
 * Checks options, fills in defaults and converts durations.
 *
 * @throws ConfigError with every problem.
 */
export function quotaSettings(options: QuotaOptions): QuotaSettings {
  const { redis, name, onOutage = quotaDefaults.onOutage, processes = quotaDefaults.processes, timeout = quotaDefaults.timeout } = options
  const problems: { path: string; expected: string; received: string }[] = []
  const check = (path: string, fits: boolean, expected: string, value: unknown, received = printValue(value)) => {
    if (!fits) problems.push({ path, expected, received })
  }
  const isUrl = typeof redis !== 'string' || (URL.canParse(redis) && /^rediss?:$/.test(new URL(redis).protocol))
  // Not printed: it may hold a password.
  check(
    'redis',
    isUrl && redis !== null && redis !== undefined,
    'a redis:// or rediss:// URL, options of ioredis, or a client',
    redis,
    typeof redis === 'string' ? 'another text' : printValue(redis),
  )
  check('name', typeof name === 'string' && name !== '', 'a text', name)
  check('onOutage', ['local-share', 'refuse', 'allow'].includes(onOutage), "'local-share', 'refuse' or 'allow'", onOutage)
  check('processes', Number.isInteger(processes) && processes >= 1, 'a whole number from 1', processes)
  let timeoutMs = Number.NaN
  try {
    timeoutMs = durationMs(timeout, 'timeout')
  } catch {
    // Told below.
  }
  check('timeout', timeoutMs > 0 && Number.isFinite(timeoutMs), "a duration such as '500ms', greater than 0", timeout)
  if (problems.length > 0) throw new ConfigError(problems)
  return { redis, name, onOutage, processes, timeoutMs }
}
