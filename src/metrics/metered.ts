import { printValue } from '../errors/print-value.ts'
import type { MeshSnapshot } from '../mesh/snapshot.ts'
import type { MetricsExportSettings } from './export-options.ts'
import { readMesh } from './read-mesh.ts'
import { Reading, type Readings } from './reading.ts'
import { numbered } from './told-meters.ts'

/** A mesh as far as its metrics go. */
export interface Metered {
  /** What is going on, as plain data: that of a mesh. */
  snapshot(): MeshSnapshot
}

/**
 * One mesh, or several as a list, as a list.
 *
 * @throws TypeError when it is none.
 */
export function meteredMeshes(given: Metered | readonly Metered[], of: string): readonly Metered[] {
  const meshes = Array.isArray(given) ? (given as readonly Metered[]) : [given as Metered]
  for (const net of meshes) {
    if (typeof net?.snapshot !== 'function') throw new TypeError(`${of}: expected a mesh, or a list of them, got ${printValue(net)}`)
  }
  return meshes
}

/** What meshes tell. Of a mesh that is closed, nothing. One with the name of another is told apart by a number, or no series would be the only one. */
export function readMeshes(snapshots: readonly MeshSnapshot[], settings: MetricsExportSettings): Readings {
  const reading = new Reading()
  const names = new Map<string, number>()
  for (const snapshot of snapshots) {
    const { name, state } = snapshot
    const times = (names.get(name) ?? 0) + 1
    names.set(name, times)
    if (state !== 'closed') readMesh({ ...snapshot, name: numbered(name, times) }, settings, reading)
  }
  return reading
}
