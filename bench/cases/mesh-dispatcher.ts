import type { Dispatcher } from 'undici'
import { NotHere, type OpenClient, type Setting } from '../case.ts'
import { type AnyFetch, fetchJob } from '../fetch-jobs.ts'
import { type AnyRequest, requestJob } from '../request-jobs.ts'
import { openMesh } from './open-mesh.ts'

function dispatcherOf({ urls }: Setting): Dispatcher {
  const { dispatcher } = openMesh(urls) as { dispatcher?: Dispatcher }
  if (dispatcher === undefined) throw new NotHere('the mesh has no net.dispatcher yet')
  return dispatcher
}

/** `undici.request` with `net.dispatcher` as its dispatcher. */
export async function openRequest(setting: Setting): Promise<OpenClient> {
  const dispatcher = dispatcherOf(setting)
  const { request } = await import('undici')
  const through = ((url: string, options?: object) => request(url, { ...options, dispatcher })) as AnyRequest
  return { call: requestJob(through, 'http://orders', setting.job) }
}

/** The built-in fetch with `net.dispatcher` as its dispatcher. */
export async function openFetch(setting: Setting): Promise<OpenClient> {
  const dispatcher = dispatcherOf(setting)
  const through = ((url: string, init?: object) => globalThis.fetch(url, { ...init, dispatcher } as RequestInit)) as AnyFetch
  return { call: fetchJob(through, 'http://orders', setting.job) }
}
