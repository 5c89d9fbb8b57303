import { BalancedPool, RetryAgent, request } from 'undici'
import type { Open } from '../case.ts'
import { type AnyRequest, requestJob } from '../request-jobs.ts'

/** undici's own means: a BalancedPool over all servers, retries around it. */
export const open: Open = async ({ urls, job, callers }) => {
  const pool = new BalancedPool([...urls], { connections: Math.ceil(callers / urls.length) })
  const dispatcher = new RetryAgent(pool as never)
  const through = ((url: string, options?: object) => request(url, { ...options, dispatcher })) as AnyRequest
  return { call: requestJob(through, urls[0] as string, job) }
}
