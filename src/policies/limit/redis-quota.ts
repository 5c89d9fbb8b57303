import Bottleneck from 'bottleneck'
import { Redis } from 'ioredis'
import type { Timer } from '../../runtime/clock.ts'
import type { Host } from '../../runtime/host.ts'
import { type DescribedPart, part } from '../../runtime/part.ts'
import type { Random } from '../../runtime/random.ts'
import { type QuotaOptions, type QuotaSettings, quotaSettings } from './quota-options.ts'
import type { QuotaLease, QuotaSource, QuotaTerms } from './quota-source.ts'

/** The rate comes into the reservoir in so many steps a period, if it is made of so many permits. */
const steps = 20

/** Processes say so often that they are there, and count as gone after so much silence, in milliseconds. */
const presence = Object.freeze({ everyMs: 1_000, goneAfterMs: 5_000 })

/** By the clock of Redis: those of the processes may differ. */
const countProcesses = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])`

/** A reservoir as bottleneck keeps it in Redis, and what it is reached by. */
interface Session {
  readonly client: Redis
  readonly limiter: Bottleneck
  readonly failed: Promise<never>
  readonly stepMs: number
  readonly perStep: number
}

class RedisQuota implements QuotaSource {
  readonly name: string
  readonly outage: QuotaSource['outage']
  readonly #settings: QuotaSettings
  readonly #host: Host
  readonly #id: string
  readonly #draws: Random
  #session: Promise<Session> | undefined
  readonly #open = new Set<Bottleneck.IORedisConnection>()
  #processes: number
  /** Permits since the last time that there were too few. */
  #served = 0
  #countedAt = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(settings: QuotaSettings, host: Host) {
    this.name = `redis ${settings.name}`
    this.outage = { policy: settings.onOutage, processes: settings.processes }
    this.#settings = settings
    this.#host = host
    this.#processes = settings.processes
    this.#draws = host.random.fork('quota')
    this.#id = Math.floor(this.#draws.next() * 2 ** 52).toString(36)
  }

  async lease(terms: QuotaTerms, wanted: number): Promise<QuotaLease> {
    return this.#inTime(async () => {
      const session = await this.#connected(terms)
      const { limiter, failed, stepMs, perStep } = session
      this.#count(session)
      // Not waited for, and done before: what has come in since the last step must be in the reservoir, or taking first would make room for more.
      limiter.currentReservoir().catch(() => {})
      const left = (await Promise.race([limiter.incrementReservoir(-wanted), failed])) as unknown as number
      const granted = Math.min(wanted, Math.max(0, wanted + left))
      // What was not there was taken all the same, and others saw less than nothing.
      if (granted < wanted) await Promise.race([limiter.incrementReservoir(wanted - granted), failed])
      this.#served += granted
      if (granted === wanted) return { granted, processes: this.#processes, againMs: stepMs }
      const againMs = stepMs * this.#stepsToTurn(this.#served / perStep, terms.burst / perStep)
      this.#served = 0
      return { granted, processes: this.#processes, againMs }
    })
  }

  async giveBack(terms: QuotaTerms, permits: number): Promise<void> {
    await this.#inTime(async () => {
      const { limiter, failed } = await this.#connected(terms)
      await Promise.race([limiter.incrementReservoir(permits), failed])
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#drop()
  }

  /** Runs something against Redis. Whatever goes wrong, the next one begins with a new connection: of an old one nothing is known. */
  async #inTime<T>(run: () => Promise<T>): Promise<T> {
    const { timeoutMs, name } = this.#settings
    let timer: Timer | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = this.#host.clock.schedule(timeoutMs, () => reject(new Error(`Redis did not answer within ${timeoutMs} ms (quota ${name})`)))
    })
    const running = run()
    running.catch(() => {})
    try {
      return await Promise.race([running, late])
    } catch (error) {
      this.#drop()
      throw error
    } finally {
      timer?.cancel()
    }
  }

  /**
   * In how many steps a process that did not get all it wanted asks again. If all asked once a step, whoever happens to ask just after each would
   * always be first. So chance decides, and whoever got something lets the others have about as much, if they want it: not for so long that what nobody
   * wants would not fit into the reservoir.
   *
   * @param served what it got since it waited last, in steps.
   * @param burst what the reservoir holds, in steps.
   */
  #stepsToTurn(served: number, burst: number): number {
    if (this.#processes < 2) return 1
    if (served === 0) return 0.25 + this.#draws.next() * 0.75
    return Math.max(1, Math.min(0.6 * served * this.#processes, 0.3 * burst)) * (0.75 + this.#draws.next() * 0.5)
  }

  #connected(terms: QuotaTerms): Promise<Session> {
    if (this.#closed) return Promise.reject(new Error(`the quota ${this.#settings.name} is closed`))
    this.#session ??= this.#connect(terms)
    return this.#session
  }

  async #connect({ permits, perMs, burst }: QuotaTerms): Promise<Session> {
    const { redis, name, timeoutMs } = this.#settings
    // Nothing is under way any more when a connection is given up: one to a Redis that is frozen would otherwise keep the process for two seconds.
    const options = { retryStrategy: () => null, connectTimeout: timeoutMs, maxRetriesPerRequest: 0, disconnectTimeout: 100 }
    const client =
      redis instanceof Redis
        ? redis.duplicate(options)
        : typeof redis === 'string'
          ? new Redis(redis, options)
          : new Redis({ ...redis, ...options })
    let fail: (error: Error) => void = () => {}
    const failed = new Promise<never>((_resolve, reject) => {
      fail = reject
    })
    failed.catch(() => {})
    const connection = new Bottleneck.IORedisConnection({ client })
    this.#open.add(connection)
    const { subscriber } = connection as unknown as { subscriber: Redis }
    for (const each of [client, subscriber]) {
      each.on('connect', () => (each as unknown as { stream: { unref?(): void } }).stream.unref?.())
      each.on('error', fail)
      each.on('end', () => fail(new Error('the connection to Redis ended')))
    }
    // hincrby takes whole numbers, so a step is a whole number of permits, and as long as they take.
    const perStep = Math.max(1, Math.round(permits / steps))
    const stepMs = (perStep * perMs) / permits
    const increase = { reservoirIncreaseAmount: perStep, reservoirIncreaseInterval: stepMs, reservoirIncreaseMaximum: Math.floor(burst) }
    const limiter = new Bottleneck({
      id: `proxyless:${name}`,
      datastore: 'ioredis',
      connection,
      clearDatastore: false,
      reservoir: Math.floor(burst),
      ...increase,
      // A quota that nobody uses is forgotten: it would be full by then.
      timeout: Math.ceil(Math.max(60_000, 2 * (burst / permits) * perMs)),
    } as Bottleneck.ConstructorOptions)
    limiter.on('error', fail)
    const ready = limiter.ready()
    await Promise.race([ready, failed])
    // Who came first has written the rate; a new rate is for all.
    await Promise.race([limiter.updateSettings(increase as Bottleneck.ConstructorOptions), failed])
    return { client, limiter, failed, stepMs, perStep }
  }

  /** Says that this process is there, and reads how many are; in the background, as it is a number that changes seldom. */
  #count({ client }: Session): void {
    const now = this.#host.clock.now()
    if (now < this.#countedAt + presence.everyMs) return
    this.#countedAt = now
    const counted = client.eval(countProcesses, 1, `proxyless:${this.#settings.name}:processes`, this.#id, presence.goneAfterMs)
    counted.then(
      (count) => {
        this.#processes = Math.max(1, Number(count))
      },
      () => {},
    )
  }

  #drop(): void {
    this.#session = undefined
    this.#countedAt = Number.NEGATIVE_INFINITY
    for (const connection of this.#open) void connection.disconnect(false)
    this.#open.clear()
  }
}

/**
 * A rate that processes share: their permits come out of one reservoir in Redis, in batches. Bottleneck keeps the reservoir, ioredis reaches it.
 *
 * All processes together are given at most the rate, and exceed it by at most one batch each; a batch is what a process uses in a quarter of
 * a second, and never more than half of its part of the burst. The clocks of the processes should agree within a second or so: the reservoir
 * grows by the clock of whoever asks.
 *
 * @param options see {@link QuotaOptions}.
 * @returns for `.rateLimit({ permits, per, quota })`.
 * @throws ConfigError when an option is wrong.
 * @example
 * ```ts
 * import { fixed, mesh } from 'proxyless'
 * import { quota } from 'proxyless/quota'
 *
 * const shared = quota({ redis: 'redis://127.0.0.1:6379', name: 'partner', onOutage: 'local-share' })
 * export const builder = mesh().service('partner', (s) =>
 *   s.resolve(fixed(['http://127.0.0.1:8080'])).rateLimit({ permits: 500, per: '1s', quota: shared, overflow: 'queue' }),
 * )
 * ```
 */
export function quota(options: QuotaOptions): DescribedPart<QuotaSource> {
  const settings = quotaSettings(options)
  const { redis, ...printed } = settings
  return part<QuotaSource>('redis-quota', { ...printed, redis: where(redis) }, (host) => new RedisQuota(settings, host))
}

/** Host, port and database, and no password. */
function where(redis: QuotaSettings['redis']): string {
  if (typeof redis === 'string') {
    const { protocol, host, pathname } = new URL(redis)
    return `${protocol}//${host}${pathname}`
  }
  const { host = '127.0.0.1', port = 6379, path, db = 0 } = redis instanceof Redis ? redis.options : redis
  return path === undefined ? `redis://${host}:${port}/${db}` : `${path}/${db}`
}
