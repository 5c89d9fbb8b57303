import { Agent, fetch } from 'undici'
import { loadPeer } from '../../bench/peers/load-peer.ts'
import { attemptTimeoutMs, type ChaosReply, callTimeoutMs, type StartContender } from '../contender.ts'

interface Policy {
  execute<T>(run: (context: { readonly signal: AbortSignal }) => Promise<T>, signal?: AbortSignal): Promise<T>
}

interface Cockatiel {
  readonly handleAll: object
  readonly TimeoutStrategy: { readonly Aggressive: string }
  readonly ExponentialBackoff: new (options: object) => object
  readonly ConsecutiveBreaker: new (failures: number) => object
  retry(policy: object, options: object): Policy
  circuitBreaker(policy: object, options: object): Policy
  timeout(ms: number, strategy: string): Policy
  wrap(...policies: Policy[]): Policy
}

class BadStatus extends Error {
  readonly reply: ChaosReply

  constructor(reply: ChaosReply) {
    super(`status ${reply.status}`)
    this.reply = reply
  }
}

/** cockatiel around undici's fetch, as its manual shows: a breaker and a timeout for each server, retries around a turn through them. */
export const startCockatiel: StartContender = async (fleet) => {
  const kit = await loadPeer<Cockatiel>('cockatiel')
  const agent = new Agent((fleet.protocol === 'h2c' ? { allowH2: true, useH2c: true } : {}) as object)
  const servers = fleet.urls.map((url) => ({
    url,
    policy: kit.wrap(
      kit.circuitBreaker(kit.handleAll, { halfOpenAfter: 1_000, breaker: new kit.ConsecutiveBreaker(5) }),
      kit.timeout(attemptTimeoutMs, kit.TimeoutStrategy.Aggressive),
    ),
  }))
  const retry = kit.retry(kit.handleAll, { maxAttempts: 2, backoff: new kit.ExponentialBackoff({ initialDelay: 25, maxDelay: 250 }) })
  let turn = 0
  return {
    call: async ({ id, method }) => {
      const attempt = (outer: AbortSignal): Promise<ChaosReply> => {
        const { url, policy } = servers[turn++ % servers.length] as (typeof servers)[number]
        return policy.execute(async ({ signal }) => {
          const response = await fetch(url, {
            method,
            headers: { 'x-call': id },
            ...(method === 'POST' ? { body: id } : {}),
            dispatcher: agent,
            signal: AbortSignal.any([signal, outer]),
          })
          const reply = { status: response.status, text: await response.text() }
          if (reply.status >= 500 || reply.status === 429) throw new BadStatus(reply)
          return reply
        }, outer)
      }
      const outer = AbortSignal.timeout(callTimeoutMs)
      try {
        return method === 'GET' ? await retry.execute(() => attempt(outer), outer) : await attempt(outer)
      } catch (error) {
        if (error instanceof BadStatus) return error.reply
        throw error
      }
    },
    close: () => agent.destroy(),
  }
}
