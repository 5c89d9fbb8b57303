import { NotHere, type Open } from '../case.ts'
import { type AnyRequest, requestJob } from '../request-jobs.ts'
import { openMesh } from './open-mesh.ts'

/** `net.request`. */
export const open: Open = async ({ urls, job }) => {
  const { request } = openMesh(urls) as { request?: AnyRequest }
  if (request === undefined) throw new NotHere('the mesh has no net.request yet')
  return { call: requestJob(request, 'http://orders', job) }
}
