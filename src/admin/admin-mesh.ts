import type { Mesh } from '../mesh/mesh.ts'

/** What the admin page needs of a mesh. */
export type AdminMesh = Pick<Mesh, 'snapshot' | 'plan' | 'on' | 'service' | 'recent' | 'explain'>

/** Whether a value has what the admin page needs. */
export function isAdminMesh(value: unknown): value is AdminMesh {
  const { snapshot, on, service } = (value ?? {}) as Partial<AdminMesh>
  return [snapshot, on, service].every((each) => typeof each === 'function')
}
