import { request } from 'undici'
import type { Open } from '../case.ts'
import { type AnyRequest, requestJob } from '../request-jobs.ts'

/** `undici.request` on its own global agent, as it comes. */
export const open: Open = async ({ urls: [url], job }) => ({ call: requestJob(request as AnyRequest, url as string, job) })
