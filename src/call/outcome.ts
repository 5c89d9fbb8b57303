import type { MeshError } from '../errors/mesh-error.ts'
import type { Reply } from './reply.ts'

/** What came of a call or an attempt, as a value: inside the mesh nothing throws, only the doors do. */
export type Outcome = { readonly ok: true; readonly reply: Reply } | { readonly ok: false; readonly error: MeshError }

/** An outcome with a reply. */
export function replied(reply: Reply): Outcome {
  return { ok: true, reply }
}

/** An outcome with an error. */
export function failed(error: MeshError): Outcome {
  return { ok: false, error }
}
