import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Timer } from '../runtime/clock.ts'
import type { EndpointInterval } from './ejection-rule.ts'

/** An endpoint that is out, for the snapshot. */
export interface EjectionState {
  /** The name of the rule that ejected it; `'by-hand'` for somebody outside. */
  readonly rule: string
  /** How much longer it stays out before it is probed, in milliseconds; 0 once it waits for its probe. */
  readonly forMs: number
  /** How often it has been ejected, as the back-off counts: a step is forgiven for each interval in which it stays in. */
  readonly times: number
}

/** What the ejector keeps of one endpoint. */
export class EjectionRecord implements EndpointInterval {
  readonly endpoint: Endpoint
  attempts = 0
  failures = 0
  latencySum = 0
  /** Whether it is among those that are compared at the end of the interval. */
  touched = false
  /** The step of the back-off. */
  times = 0
  /** Why it is out; `undefined` while it is in. */
  rule: string | undefined
  /** Monotonic time at which it went out. */
  outSince = 0
  /** Monotonic time from which on it may be probed. */
  until = 0
  /** Monotonic time at which it came back; attempts that began before are not held against it. */
  backSince = Number.NEGATIVE_INFINITY
  timer: Timer | undefined
  /** Whether it has left the service. */
  gone = false

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint
  }

  /** Whether what happens there is looked at: it is in, and there. */
  get isJudged(): boolean {
    return this.rule === undefined && !this.gone
  }

  get meanLatencyMs(): number {
    return this.latencySum / (this.attempts - this.failures)
  }

  /** Forgets the attempts of the interval. */
  clear(): void {
    this.attempts = 0
    this.failures = 0
    this.latencySum = 0
  }

  /** Takes its timer off the clock. */
  stop(): void {
    this.timer?.cancel()
    this.timer = undefined
  }
}

/** Most endpoints that may be out at once: the share, but at least one, though never the only one unless all may be out. */
export function mostEjected(share: number, endpoints: number): number {
  // Half of a product such as 0.7 * 10 must not lose an endpoint to the rounding of binary fractions.
  const allowed = Math.floor(share * endpoints + 1e-9)
  return endpoints < 2 ? allowed : Math.max(1, allowed)
}
