import type { Endpoint, ReportedHealth } from '../endpoint/endpoint.ts'
import type { HealthBoard, HealthState } from './health-board.ts'

/** An endpoint gets no new calls, whether it is ill or about to leave. */
const states = { healthy: 'healthy', degraded: 'degraded', draining: 'unhealthy', unhealthy: 'unhealthy' } as const satisfies Record<
  ReportedHealth,
  HealthState
>

/**
 * Notes on the board, as `'discovery'`, what discovery says of endpoints.
 *
 * @param board where findings are noted.
 * @param endpoints those that are new, or of which discovery says something else than before.
 */
export function noteReportedHealth(board: HealthBoard, endpoints: readonly Endpoint[]): void {
  for (const endpoint of endpoints) board.note(endpoint, 'discovery', states[endpoint.health])
}
