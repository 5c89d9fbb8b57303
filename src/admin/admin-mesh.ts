import type { Mesh } from '../mesh/mesh.ts'

/** What the admin page needs of a mesh. */
export type AdminMesh = Pick<Mesh, 'snapshot' | 'plan' | 'on' | 'service' | 'recent' | 'explain'>
