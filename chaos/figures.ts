import type { CallRecord, RunRecord } from './run-record.ts'
import { fleetSize, type Scenario } from './scenario.ts'

/** What a run comes to. Shares are 0-1, times in milliseconds; `undefined` where it cannot be told. */
export interface Figures {
  readonly calls: number
  /** Share of GETs that ended well, the whole run over. */
  readonly success: number
  readonly lostGets: number
  /** The same for POSTs, which nobody may repeat once they may have been sent. */
  readonly postSuccess: number
  readonly lostPosts: number
  /** POSTs that reached servers twice. */
  readonly doubled: number
  readonly healthyP99: number
  readonly faultP99: number
  /** Attempts for each call. */
  readonly amplification: number
  readonly toEjectMs: number | undefined
  readonly toReadmitMs: number | undefined
  readonly left: RunRecord['left']
}

const windowMs = 500
const stepMs = 100

/** Works out the figures of a run. */
export function figuresOf(run: RunRecord, scenario: Scenario): Figures {
  const [faultAt, healAt] = scenario.fault.map((share) => share * run.durationMs) as [number, number]
  const gets = run.calls.filter(({ method }) => method === 'GET')
  const posts = run.calls.filter(({ method }) => method === 'POST')
  const [lostGets, lostPosts] = [gets, posts].map((calls) => calls.filter(({ wrong }) => wrong !== undefined).length) as [number, number]
  const last = run.samples.at(-1)?.attempts
  const attempts = last?.reduce((sum, count) => sum + count, 0) ?? run.arrivals.length
  return {
    calls: run.calls.length,
    success: 1 - lostGets / gets.length,
    lostGets,
    postSuccess: 1 - lostPosts / posts.length,
    lostPosts,
    doubled: doubledPosts(run),
    // The first calls make connections and warm the machine up: they say nothing about the fault.
    healthyP99: p99(run.calls.filter(({ at }) => at >= faultAt / 4 && at < faultAt)),
    faultP99: p99(run.calls.filter(({ at }) => at >= faultAt && at < healAt)),
    amplification: attempts / run.calls.length,
    ...turns(run, scenario, faultAt, healAt),
    left: run.left,
  }
}

/** The 99th percentile of how long calls took, lost ones included, in milliseconds. */
export function p99(calls: readonly CallRecord[]): number {
  const sorted = calls.map(({ ms }) => ms).sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0
}

function doubledPosts({ arrivals }: RunRecord): number {
  const seen = new Set<string>()
  let doubled = 0
  for (const { method, call } of arrivals) {
    if (method !== 'POST') continue
    if (seen.has(call)) doubled += 1
    seen.add(call)
  }
  return doubled
}

/** When traffic left the faulty servers, and when it came back. */
function turns(run: RunRecord, { faulty }: Scenario, faultAt: number, healAt: number): Pick<Figures, 'toEjectMs' | 'toReadmitMs'> {
  if (faulty.length === fleetSize || run.samples.length === 0) return { toEjectMs: undefined, toReadmitMs: undefined }
  const fair = faulty.length / fleetSize
  const share = (from: number): number => {
    const before = attemptsAt(run, from)
    const after = attemptsAt(run, from + windowMs)
    const grown = after.map((count, i) => count - (before[i] ?? 0))
    const all = grown.reduce((sum, count) => sum + count, 0)
    return all === 0 ? 0 : faulty.reduce((sum, server) => sum + (grown[server] ?? 0), 0) / all
  }
  const first = (from: number, to: number, holds: (share: number) => boolean): number | undefined => {
    for (let at = from; at + windowMs <= to; at += stepMs) if (holds(share(at))) return at - from
    return undefined
  }
  return {
    toEjectMs: first(faultAt, healAt, (now) => now < 0.2 * fair),
    toReadmitMs: first(healAt, run.durationMs, (now) => now >= 0.5 * fair),
  }
}

function attemptsAt({ samples }: RunRecord, at: number): readonly number[] {
  return samples.findLast((sample) => sample.at <= at)?.attempts ?? []
}
