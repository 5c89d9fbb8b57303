import type { HealthState } from './health-board.ts'
import type { CheckResult } from './health-check.ts'
import type { CheckSchedule } from './health-check-options.ts'

/** What the checks of one endpoint have found so far. */
export class CheckState {
  /** `undefined` before the first result. */
  state: HealthState | undefined
  /** What the last check found. */
  reason = 'not checked yet'
  #inARow = 0

  /**
   * Takes the result of a check. The first holds at once; then a change takes as many results in a row as the thresholds say, or one that
   * leaves no doubt.
   *
   * @returns whether the endpoint is now well, or now not well, and was not before.
   */
  take({ state, reason }: CheckResult, { healthyThreshold, unhealthyThreshold }: CheckSchedule): boolean {
    this.reason = reason
    const first = this.state === undefined
    const wasOut = this.state === 'unhealthy'
    const isGood = state === 'healthy' || state === 'degraded'
    if (isGood === !wasOut && !first) {
      this.#inARow = 0
      // Between healthy and degraded there is no threshold: either is fit to serve.
      if (isGood) this.state = state
      return false
    }
    this.#inARow += 1
    const enough = first || state === 'unhealthy' || this.#inARow >= (isGood ? healthyThreshold : unhealthyThreshold)
    if (!enough) return false
    this.#inARow = 0
    this.state = isGood ? state : 'unhealthy'
    return !(first && isGood)
  }

  /** The endpoint said itself, in passing, that it is not well. */
  failAtOnce(reason: string): boolean {
    this.reason = reason
    this.#inARow = 0
    if (this.state === 'unhealthy') return false
    this.state = 'unhealthy'
    return true
  }
}
