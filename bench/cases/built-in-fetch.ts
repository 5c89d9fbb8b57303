import type { Open } from '../case.ts'
import { fetchJob } from '../fetch-jobs.ts'

/** Node's own fetch. Nothing here may load the undici package, which would put its own agent below it. */
export const open: Open = async ({ urls: [url], job }) => ({ call: fetchJob(globalThis.fetch, url as string, job) })
