import type { Open } from '../case.ts'
import { type AnyFetch, fetchJob } from '../fetch-jobs.ts'
import { openDispatcher } from './open-mesh.ts'

/** The built-in fetch with `net.dispatcher` as its dispatcher. */
export const open: Open = async ({ urls, job }) => {
  const dispatcher = openDispatcher(urls)
  const through = ((url: string, init?: object) => globalThis.fetch(url, { ...init, dispatcher } as object)) as AnyFetch
  return { call: fetchJob(through, 'http://orders', job) }
}
