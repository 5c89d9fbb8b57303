import { CircuitWindow } from '../health/circuit-window.ts'
import { LatencyWindow } from './latency-window.ts'
import { leastDifference, normalQuantile } from './proportions.ts'
import type { AbortSettings } from './split-options.ts'

/** Latencies are compared each time that so many more of them are there. */
const latenciesAtOnce = 8

/** What speaks against a version. */
export interface SplitFinding {
  /** What is worse. */
  readonly reason: 'failures' | 'latency'
  /** Calls to the version within the window. */
  readonly calls: number
  /** The share of them that failed. */
  readonly failureShare: number
  /** Calls to the stable version within the window. */
  readonly stableCalls: number
  /** The share of those that failed. */
  readonly stableFailureShare: number
  /**
   * By how much the version is worse at least, as surely as was asked for: in its share of failures, or in the share of its calls that take longer than
   * they may.
   */
  readonly worseBy: number
  /** The quantile of its latencies, in milliseconds; `undefined` when latencies are not compared. */
  readonly latencyMs: number | undefined
  /** The same of the stable version. */
  readonly stableLatencyMs: number | undefined
}

/** What is known of one version. */
interface Version {
  readonly verdicts: CircuitWindow
  readonly latencies: LatencyWindow | undefined
  sinceCompared: number
}

/**
 * Compares versions with the stable one, over the same time.
 *
 * A version is worse when the share of its calls that fail is greater than the stable version's by more than the margin, and that so surely
 * (see {@link leastDifference}) that it is not chance. It is slower when more of its calls exceed `factor` times the stable version's quantile than
 * that quantile allows: also a share, compared in the same way, so that nothing needs to be known of how latencies are distributed.
 */
export class SplitJudge {
  readonly #settings: AbortSettings
  readonly #stable: number
  readonly #versions: readonly Version[]
  readonly #z: number

  /**
   * @param settings see {@link AbortSettings}.
   * @param count how many versions there are.
   * @param stable the number of the stable one.
   */
  constructor(settings: AbortSettings, count: number, stable: number) {
    const { windowMs, latency, confidence } = settings
    this.#settings = settings
    this.#stable = stable
    this.#z = normalQuantile(confidence)
    this.#versions = Array.from({ length: count }, () => ({
      verdicts: new CircuitWindow(windowMs),
      latencies: latency === undefined ? undefined : new LatencyWindow(windowMs),
      sinceCompared: 0,
    }))
  }

  /** Something was answered. What speaks against the version now, if anything does. */
  answered(version: number, at: number, failed: boolean, latencyMs: number): SplitFinding | undefined {
    const known = this.#versions[version] as Version
    known.verdicts.count(at, failed, false)
    if (!failed) known.latencies?.add(at, latencyMs)
    if (version === this.#stable) return undefined
    if (failed) return this.#compareFailures(known, at)
    if (known.latencies === undefined) return undefined
    known.sinceCompared += 1
    if (known.sinceCompared < latenciesAtOnce) return undefined
    known.sinceCompared = 0
    return this.#compareLatencies(known, at)
  }

  /** What was counted as a success turned out to be a failure. */
  spoiled(version: number, at: number): SplitFinding | undefined {
    const known = this.#versions[version] as Version
    known.verdicts.spoil(at)
    return version === this.#stable ? undefined : this.#compareFailures(known, at)
  }

  /** Calls to a version within the window, and failures among them. */
  countsOf(version: number, at: number): { readonly calls: number; readonly failures: number } {
    const { verdicts } = this.#versions[version] as Version
    verdicts.advance(at)
    return { calls: verdicts.calls, failures: verdicts.failures }
  }

  /** Forgets everything. */
  clear(): void {
    for (const version of this.#versions) {
      version.verdicts.clear()
      version.latencies?.clear()
    }
  }

  #compareFailures({ verdicts, latencies }: Version, at: number): SplitFinding | undefined {
    const { minCalls, margin } = this.#settings
    const stable = this.#stableAt(at)
    // A body may break after all else of its time was forgotten.
    const failures = Math.min(verdicts.failures, verdicts.calls)
    if (verdicts.calls < minCalls) return undefined
    const worseBy = leastDifference(failures, verdicts.calls, stable.verdicts.failures, stable.verdicts.calls, this.#z)
    return worseBy > margin ? this.#finding('failures', { verdicts, latencies }, stable, worseBy) : undefined
  }

  #compareLatencies({ verdicts, latencies }: Version, at: number): SplitFinding | undefined {
    const { latency, minCalls } = this.#settings
    const stable = this.#stableAt(at)
    if (latency === undefined || latencies === undefined || stable.latencies === undefined || latencies.total < minCalls) return undefined
    const { total } = stable.latencies
    const usualMs = stable.latencies.quantileMs(latency.quantile)
    // Latencies are known by their buckets alone: less than what the quantile allows is not to be had from that.
    const allowed = Math.max(stable.latencies.above(usualMs), (1 - latency.quantile) * total)
    const worseBy = leastDifference(latencies.above(usualMs * latency.factor), latencies.total, allowed, total, this.#z)
    return worseBy > 0 ? this.#finding('latency', { verdicts, latencies }, stable, worseBy) : undefined
  }

  #stableAt(at: number): Version {
    const stable = this.#versions[this.#stable] as Version
    stable.verdicts.advance(at)
    stable.latencies?.advance(at)
    return stable
  }

  #finding(reason: SplitFinding['reason'], own: Omit<Version, 'sinceCompared'>, stable: Version, worseBy: number): SplitFinding {
    const quantile = this.#settings.latency?.quantile ?? 0
    return {
      reason,
      calls: own.verdicts.calls,
      failureShare: shareOf(own.verdicts),
      stableCalls: stable.verdicts.calls,
      stableFailureShare: shareOf(stable.verdicts),
      worseBy,
      latencyMs: own.latencies?.quantileMs(quantile),
      stableLatencyMs: stable.latencies?.quantileMs(quantile),
    }
  }
}

function shareOf({ calls, failures }: CircuitWindow): number {
  return calls === 0 ? 0 : Math.min(1, failures / calls)
}
