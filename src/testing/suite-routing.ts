import type { Balancer } from '../balancing/balancer.ts'
import type { LoadMeter } from '../balancing/load-meter.ts'
import { type Verdict, verdicts } from '../call/verdict.ts'
import type { TestEndpoint } from './test-endpoint.ts'

/**
 * Begins an attempt as routing does: the endpoint's counters move, and every meter hears of it.
 *
 * @returns ends it, likewise.
 */
export function beginAttempt(meters: readonly LoadMeter[], endpoint: TestEndpoint): (verdict?: Verdict, latencyMs?: number) => void {
  endpoint.inFlight += 1
  endpoint.attempts += 1
  const ends = meters.map((meter) => meter.began(endpoint))
  return (verdict = verdicts.success, latencyMs = 10) => {
    endpoint.inFlight -= 1
    if (verdict.kind === 'failure') endpoint.failures += 1
    for (const end of ends) end.answered?.(verdict, latencyMs)
    for (const end of ends) end(verdict, latencyMs)
  }
}

/** The meters of a balancer. */
export function metersOf(balancer: Balancer): readonly LoadMeter[] {
  return balancer.meters ?? []
}
