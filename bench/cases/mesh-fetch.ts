import type { Open } from '../case.ts'
import { type AnyFetch, fetchJob } from '../fetch-jobs.ts'
import { openMesh } from './open-mesh.ts'

/** `net.fetch`. */
export const open: Open = async ({ urls, job }) => ({ call: fetchJob(openMesh(urls).fetch as AnyFetch, 'http://orders', job) })
