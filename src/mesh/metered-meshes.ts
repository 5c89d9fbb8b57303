import type { MeshMetrics } from '../telemetry/mesh-metrics.ts'

/** What each mesh counts. Not a member of the mesh: whoever exports metrics hears of every attempt, and nobody else needs to. */
const known = new WeakMap<object, MeshMetrics>()

/** Says what a mesh counts. */
export function meterMesh(net: object, metrics: MeshMetrics): void {
  known.set(net, metrics)
}

/** What a mesh counts; `undefined` when it was told not to, and for something that is no mesh. */
export function metricsOfMesh(net: object): MeshMetrics | undefined {
  return known.get(net)
}
