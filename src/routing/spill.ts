import type { FailoverSettings } from './failover-options.ts'

/** How the endpoints of a tier are. */
export interface TierHealth {
  /** How many there are, without those that are leaving. */
  readonly total: number
  /** How many of them are healthy. */
  readonly healthy: number
  /** How many of them are degraded. */
  readonly degraded: number
}

/** What a tier gets. */
export interface TierLoad {
  /** Of 100 calls, how many go to its healthy endpoints; to any of them, when it is in panic. */
  readonly healthy: number
  /** Of 100 calls, how many go to its degraded ones. */
  readonly degraded: number
  /** Whether so few are fit that all are used. */
  readonly panic: boolean
}

/** The same, while it is being worked out. */
interface Draft {
  healthy: number
  degraded: number
  panic: boolean
}

/**
 * How many of 100 calls each tier gets. The sum is 100, always; with no tiers there is nothing to say.
 *
 * What a tier can take is its healthy share times the overprovisioning factor, 100 at most. The tiers take that in their order, in proportion if together they
 * cannot take everything; first the healthy ones, then the degraded. What rounding leaves over goes to the first.
 *
 * Source: Envoy's load balancer, with its integer arithmetic.
 *
 * @param tiers in their order.
 * @param settings see {@link FailoverSettings}.
 * @param usable how many of a tier may be used in panic. @defaultValue all of them
 */
export function spillLoads(
  tiers: readonly TierHealth[],
  settings: FailoverSettings,
  usable = (tier: number): number => (tiers[tier] as TierHealth).total,
): readonly TierLoad[] {
  const loads = tiers.map((): Draft => ({ healthy: 0, degraded: 0, panic: false }))
  const [first] = loads
  if (first === undefined) return loads
  const factor = settings.spill === 'proportional' ? Math.round(settings.overprovisioningFactor * 100) : undefined
  const healthy = tiers.map(({ total, healthy }) => capacity(healthy, total, factor))
  const degraded = tiers.map(({ total, degraded }) => capacity(degraded, total, factor))
  const available = Math.min(100, sum(healthy) + sum(degraded))
  if (available > 0) distribute(loads, healthy, degraded, available)
  const panics = settings.panicThreshold > 0 && available < 100
  if (panics) {
    for (const [i, tier] of tiers.entries()) {
      const fit = tier.total === 0 ? 0 : (tier.healthy + tier.degraded) / tier.total
      ;(loads[i] as Draft).panic = available === 0 || fit < settings.panicThreshold
    }
  }
  if (panics && loads.every(({ panic }) => panic))
    distributeByCount(
      loads,
      tiers.map((_, i) => usable(i)),
    )
  else if (available === 0) first.healthy = 100
  return loads
}

/** What a tier can take, of 100. Without a factor, one endpoint can take everything. */
function capacity(fit: number, total: number, factor: number | undefined): number {
  if (total === 0 || fit === 0) return 0
  return factor === undefined ? 100 : Math.min(100, Math.floor((factor * fit) / total))
}

function distribute(loads: readonly Draft[], healthy: readonly number[], degraded: readonly number[], available: number): void {
  let left = 100
  for (const [i, load] of loads.entries()) {
    load.healthy = Math.min(left, Math.floor(((healthy[i] as number) * 100) / available))
    left -= load.healthy
  }
  for (const [i, load] of loads.entries()) {
    load.degraded = Math.min(left, Math.floor(((degraded[i] as number) * 100) / available))
    left -= load.degraded
  }
  const firstHealthy = healthy.findIndex((share) => share > 0)
  if (firstHealthy >= 0) (loads[firstHealthy] as Draft).healthy += left
  else (loads[degraded.findIndex((share) => share > 0)] as Draft).degraded += left
}

/** When nobody is fit, everybody gets the same. */
function distributeByCount(loads: readonly Draft[], counts: readonly number[]): void {
  const all = sum(counts)
  let left = 100
  for (const [i, load] of loads.entries()) {
    load.healthy = all === 0 ? 0 : Math.floor((100 * (counts[i] as number)) / all)
    load.degraded = 0
    left -= load.healthy
  }
  const first = Math.max(
    0,
    counts.findIndex((count) => count > 0),
  )
  ;(loads[first] as Draft).healthy += left
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
