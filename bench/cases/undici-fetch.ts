import { fetch } from 'undici'
import type { Open } from '../case.ts'
import { type AnyFetch, fetchJob } from '../fetch-jobs.ts'

/** The fetch of the undici package. */
export const open: Open = async ({ urls: [url], job }) => ({ call: fetchJob(fetch as unknown as AnyFetch, url as string, job) })
