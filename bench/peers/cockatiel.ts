import type { Open } from '../case.ts'
import { pathsUnder } from '../fetch-jobs.ts'
import { loadPeer } from './load-peer.ts'

interface Cockatiel {
  readonly handleAll: object
  readonly TimeoutStrategy: { readonly Aggressive: string; readonly Cooperative: string }
  readonly ExponentialBackoff: new () => object
  readonly ConsecutiveBreaker: new (failures: number) => object
  retry(policy: object, options: object): object
  circuitBreaker(policy: object, options: object): object
  timeout(ms: number, strategy: string): object
  wrap(...policies: object[]): { execute<T>(run: (context: { readonly signal: AbortSignal }) => Promise<T>): Promise<T> }
}

/** cockatiel's timeout, retry and circuit breaker around the built-in fetch. */
export const open: Open = async ({ urls: [url] }) => {
  const kit = await loadPeer<Cockatiel>('cockatiel')
  const policy = kit.wrap(
    kit.timeout(15_000, kit.TimeoutStrategy.Cooperative),
    kit.retry(kit.handleAll, { maxAttempts: 2, backoff: new kit.ExponentialBackoff() }),
    kit.circuitBreaker(kit.handleAll, { halfOpenAfter: 5_000, breaker: new kit.ConsecutiveBreaker(5) }),
  )
  const next = pathsUnder(`${url}/text`)
  return {
    call: async () => (await policy.execute(async ({ signal }) => (await fetch(next(), { signal })).text())).length,
  }
}
