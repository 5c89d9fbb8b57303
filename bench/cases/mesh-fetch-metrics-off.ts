import type { Open } from '../case.ts'
import { type AnyFetch, fetchJob } from '../fetch-jobs.ts'
import { openMesh } from './open-mesh.ts'

/** `net.fetch` of a mesh that counts nothing for metrics. */
export const open: Open = async ({ urls, job }) => ({
  call: fetchJob(openMesh(urls, { metrics: false }).fetch as AnyFetch, 'http://orders', job),
})
