import { request } from 'undici'
import type { Open } from '../case.ts'
import { type AnyRequest, requestJob } from '../request-jobs.ts'
import { openDispatcher } from './open-mesh.ts'

/** `undici.request` with `net.dispatcher` as its dispatcher. */
export const open: Open = async ({ urls, job }) => {
  const dispatcher = openDispatcher(urls)
  const through = ((url: string, options?: object) => request(url, { ...options, dispatcher })) as AnyRequest
  return { call: requestJob(through, 'http://orders', job) }
}
