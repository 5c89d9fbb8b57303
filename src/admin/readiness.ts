import type { MeshSnapshot, ServiceSnapshot } from '../mesh/snapshot.ts'

/** Whether calls can be served. */
export interface Readiness {
  readonly ready: boolean
  /** What is in the way, by service. */
  readonly missing: Readonly<Record<string, string>>
}

/**
 * Whether a mesh is open, and each of the services that matter has an endpoint that is not unhealthy.
 *
 * @param snapshot of the mesh.
 * @param wanted names of the services that matter; all, if left out.
 */
export function readinessOf(snapshot: MeshSnapshot, wanted?: readonly string[]): Readiness {
  const missing: Record<string, string> = {}
  for (const name of wanted ?? Object.keys(snapshot.services)) {
    const problem = problemOf(Object.hasOwn(snapshot.services, name) ? snapshot.services[name] : undefined)
    if (problem !== undefined) missing[name] = problem
  }
  return { ready: snapshot.state === 'open' && Object.keys(missing).length === 0, missing }
}

function problemOf(service: ServiceSnapshot | undefined): string | undefined {
  if (service === undefined) return 'not part of the plan'
  if (service.state !== 'resolved') return service.state
  return service.endpoints.some(({ health }) => health !== 'unhealthy') ? undefined : 'every endpoint is unhealthy'
}
