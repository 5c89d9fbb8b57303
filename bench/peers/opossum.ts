import type { Open } from '../case.ts'
import { pathsUnder } from '../fetch-jobs.ts'
import { loadPeer } from './load-peer.ts'

type Breaker = new (action: (url: string) => Promise<string>, options: object) => { fire(url: string): Promise<string> }

type Retry = <T>(run: () => Promise<T>, options: object) => Promise<T>

/** opossum's circuit breaker and timeout, p-retry within, around the built-in fetch. */
export const open: Open = async ({ urls: [url] }) => {
  const { default: CircuitBreaker } = await loadPeer<{ default: Breaker }>('opossum')
  const { default: retry } = await loadPeer<{ default: Retry }>('p-retry')
  const breaker = new CircuitBreaker((target) => retry(async () => (await fetch(target)).text(), { retries: 2 }), { timeout: 15_000 })
  const next = pathsUnder(`${url}/text`)
  return { call: async () => (await breaker.fire(next())).length }
}
