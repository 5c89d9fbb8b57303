import { MeshError } from '../errors/mesh-error.ts'

/** The error of a call to a service that is not there any more. `sent` is as it is for the call as a whole. */
export function goneError(service: string, sent = false): MeshError {
  return new MeshError('CLOSED', 'the service is not part of the mesh any more', { service, sent })
}
