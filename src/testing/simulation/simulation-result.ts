import { LatencySummary } from './latency-summary.ts'
import type { SimulatedServer } from './simulated-server.ts'
import type { SimulationTally } from './simulation-tally.ts'

/** What one server got. */
export interface ServerResult {
  /** Its name. */
  readonly name: string
  /** Attempts that began there after warming up. */
  readonly attempts: number
  /** The same as a share of all attempts. */
  readonly share: number
  /** Attempts that ended badly after warming up. */
  readonly failed: number
  /** The most that it had in flight at once after warming up, of all clients. */
  readonly mostInFlight: number
}

/** A part of the time of a simulation, warming up included. */
export interface IntervalResult {
  /** When it begins, in milliseconds since the beginning. */
  readonly startMs: number
  /** Latencies of the calls that began in it. */
  readonly latency: LatencySummary
  /** How many of these calls ended badly. */
  readonly failed: number
  /** The share of the attempts that each server got, in the order of {@link SimulationResult.servers}. */
  readonly shares: readonly number[]
}

/** What came of a simulation. Calls and attempts count by when they began; those of the time of warming up do not, but in {@link SimulationResult.over}. */
export interface SimulationResult {
  /** Calls that began. */
  readonly calls: number
  /** Calls that ended with an error or a status of 500 or more, or not at all. */
  readonly failed: number
  /** What failed calls ended with (`'503'`, `'CONNECTION_LOST'`, `'unfinished'`), and how many. */
  readonly failures: Readonly<Record<string, number>>
  /** Attempts at all servers. */
  readonly attempts: number
  /** From the beginning of a call to the head of its reply or its failure, all attempts and waits included. Unfinished calls are left out. */
  readonly latency: LatencySummary
  /** Each server, in the order in which they were added. */
  readonly servers: readonly ServerResult[]
  /** The same over time. */
  readonly over: readonly IntervalResult[]
  /** How long calls arrived, in milliseconds. */
  readonly durationMs: number
}

/** The time of a simulation. */
export interface SimulationWindow {
  /** How long calls arrive. */
  readonly durationMs: number
  /** What is left out at the beginning. */
  readonly warmUpMs: number
  /** Into how many parts the time is divided. */
  readonly intervals: number
}

function sum(values: readonly number[], from: number): number {
  let total = 0
  for (let i = from; i < values.length; i += 1) total += values[i] as number
  return total
}

/** Draws up the result of a simulation that is over. Warming up ends with an interval. */
export function summarise(tally: SimulationTally, known: readonly SimulatedServer[], window: SimulationWindow): SimulationResult {
  const { durationMs, warmUpMs, intervals } = window
  const intervalMs = durationMs / intervals
  const warm = Math.round(warmUpMs / intervalMs)
  const latencies: number[] = []
  const byInterval = Array.from({ length: intervals }, () => ({ latencies: [] as number[], failed: 0 }))
  const failures: Record<string, number> = {}
  let calls = 0
  let failed = 0
  tally.startedMs.forEach((startedMs, i) => {
    const [latencyMs, result] = [tally.latencyMs[i] as number, tally.results[i] as string]
    const at = Math.floor((startedMs / durationMs) * intervals)
    const interval = byInterval[at]
    if (interval === undefined) return
    if (latencyMs >= 0) interval.latencies.push(latencyMs)
    if (result !== '') interval.failed += 1
    if (at < warm) return
    calls += 1
    if (latencyMs >= 0) latencies.push(latencyMs)
    if (result === '') return
    failed += 1
    failures[result] = (failures[result] ?? 0) + 1
  })
  const tallies = known.map((server) => [server, tally.of(server)] as const)
  const attempts = tallies.reduce((total, [, server]) => total + sum(server.attempts, warm), 0)
  const over = byInterval.map((interval, at): IntervalResult => {
    const all = tallies.reduce((total, [, server]) => total + (server.attempts[at] as number), 0)
    const shares = tallies.map(([, server]) => (server.attempts[at] as number) / Math.max(1, all))
    return { startMs: at * intervalMs, latency: new LatencySummary(interval.latencies), failed: interval.failed, shares }
  })
  const servers = tallies.map(([{ name }, server]): ServerResult => {
    const own = sum(server.attempts, warm)
    return { name, attempts: own, share: own / Math.max(1, attempts), failed: sum(server.failed, warm), mostInFlight: server.mostInFlight }
  })
  return { calls, failed, failures, attempts, latency: new LatencySummary(latencies), servers, over, durationMs }
}
