import type { FaultSnapshot, MirrorSnapshot } from '../mesh/snapshot.ts'
import type { QuotaCounts } from '../policies/limit/leased-bucket.ts'
import type { SplitSnapshot, VersionSnapshot } from '../routing/split-snapshot.ts'
import type { Words } from './endpoint-words.ts'
import { count, percent, span } from './figures.ts'
import type { RouteOverview, ServiceOverview } from './overview.ts'

/** The versions of a split, the stable one first. */
export function versionsOf({ versions, stable }: SplitSnapshot): readonly (readonly [name: string, version: VersionSnapshot])[] {
  return Object.entries(versions).sort(([left], [right]) => Number(right === stable) - Number(left === stable))
}

/** How calls are divided among versions, in words. */
export function splitWords({ state, progress, nextStepInMs, stable, aborted, by }: SplitSnapshot): Words {
  if (state === 'steady') return { tone: 'good', state: `by ${by}`, reasons: [] }
  if (state === 'done') return { tone: 'good', state: 'ramp done', reasons: [] }
  if (state === 'ramping') {
    const next = nextStepInMs === undefined ? [] : [`next step in ${span(nextStepInMs)}`]
    return { tone: 'warn', state: `ramp at ${percent(progress)}`, reasons: next }
  }
  const why = aborted?.reason === 'by-hand' ? 'by hand' : `${aborted?.version ?? 'a version'} does worse: ${aborted?.reason ?? 'unknown'}`
  const figures = aborted?.figures
  const compared =
    figures === undefined
      ? ''
      : `, ${percent(figures.failureShare)} of ${count(figures.calls)} calls failed, beside ${percent(figures.stableFailureShare)} of ${count(figures.stableCalls)} of ${stable}`
  return { tone: 'bad', state: `aborted: all to ${stable}`, reasons: [`${why}${compared}`] }
}

/** Faults that are put into attempts on purpose. */
export function faultWords({ enabled, allowed, active }: FaultSnapshot): Words {
  if (!allowed) return { tone: 'off', state: 'off', reasons: ['the plan does not allow them in production'] }
  if (!enabled) return { tone: 'off', state: 'off', reasons: [] }
  return { tone: 'warn', state: 'on', reasons: active > 0 ? [`${count(active)} under way`] : [] }
}

/** What faults did, what they did most often first. */
export function faultCounts({ delayed, aborted, cut, throttled, capped, unreadable }: FaultSnapshot): string {
  const parts = { delayed, aborted, cut, throttled, 'kept back by the cap': capped, unreadable }
  return countsText(parts) || 'none so far'
}

/** Copies of calls. */
export function mirrorText({ sent, answered, failed, inFlight, dropped }: MirrorSnapshot): string {
  const { inFlight: crowded, bodyTooLarge, bodyIncomplete, noTarget, closed } = dropped
  const left = {
    'too many at once': crowded,
    'body too large': bodyTooLarge,
    'body incomplete': bodyIncomplete,
    'no target': noTarget,
    closed,
  }
  const all = crowded + bodyTooLarge + bodyIncomplete + noTarget + closed
  const why = all === 0 ? '' : `, ${count(all)} dropped (${countsText(left)})`
  return `${count(sent)} copied, ${count(answered)} answered, ${count(failed)} failed, ${count(inFlight)} under way${why}`
}

/** A rate that several processes share. */
export function quotaWords({ outage, held, leased, processes, forfeited }: QuotaCounts): Words {
  const shared = `${count(held)} held of ${count(leased)} leased, ${count(processes)} ${processes === 1 ? 'process' : 'processes'}`
  const reasons = [forfeited > 0 ? `${shared}, ${count(forfeited)} forfeited` : shared]
  return outage ? { tone: 'bad', state: 'quota out of reach', reasons } : { tone: 'good', state: 'quota', reasons }
}

/** The limits of a service or of one of its routes, by their names; without those that there are not. */
export function limitTexts({
  rateLimit,
  concurrency,
  admission,
  endpointConcurrency,
}: Pick<RouteOverview, 'rateLimit' | 'concurrency' | 'admission'> &
  Partial<Pick<ServiceOverview, 'endpointConcurrency'>>): readonly (readonly [name: string, text: string])[] {
  const texts: [string, string][] = []
  if (rateLimit !== undefined) {
    const refused = rateLimit.refused > 0 ? `, ${count(rateLimit.refused)} refused` : ''
    texts.push([
      'permits left',
      `${count(Math.max(0, Math.floor(Number(rateLimit.permitsLeft))))}, ${waitingText(rateLimit.waiting)}${refused}`,
    ])
  }
  if (concurrency !== undefined) {
    const refused = concurrency.refused > 0 ? `, ${count(concurrency.refused)} refused` : ''
    const { inFlight, limit, waiting } = concurrency
    texts.push(['concurrency', `${count(inFlight)} of ${limitText(limit)}, ${waitingText(waiting)}${refused}`])
  }
  if (endpointConcurrency !== undefined) texts.push(['wait for room', count(endpointConcurrency.waiting)])
  if (admission !== undefined) texts.push(['refused here', percent(admission.rejectedShare)])
  return texts
}

/** A limit; one that there is not comes as the text `Infinity`. */
export function limitText(limit: number): string {
  return Number.isFinite(Number(limit)) ? count(Number(limit)) : 'any number'
}

/** The same in lines of a terminal; a service that has nothing of it takes no line. */
export function trafficLines(service: ServiceOverview): readonly string[] {
  const { split, fault, mirror, rateLimit, routes } = service
  const lines: string[] = []
  if (split !== undefined) {
    const { state, reasons } = splitWords(split)
    const shares = versionsOf(split).map(([version, { share }]) => `${version} ${percent(share)}`)
    lines.push(`split   ${shares.join(', ')}   ${[state, ...reasons].join('; ')}`)
  }
  const limits = limitTexts(service).map(([name, text]) => `${name} ${text}`)
  if (rateLimit?.quota?.outage === true) limits.push('quota out of reach')
  if (limits.length > 0) lines.push(`limits  ${limits.join('   ')}`)
  if (fault?.enabled === true) lines.push(`faults  on: ${faultCounts(fault)}`)
  if (mirror !== undefined) lines.push(`mirror  to ${mirror.to}: ${mirrorText(mirror)}`)
  const used = routes.filter(({ calls }) => calls.started > 0)
  const told = used.map(({ name, calls }) => `${name} ${count(calls.started)}${calls.failed > 0 ? ` (${count(calls.failed)} failed)` : ''}`)
  if (told.length > 0) lines.push(`routes  ${told.join('   ')}`)
  return lines
}

function waitingText(waiting: number): string {
  return `${count(waiting)} ${waiting === 1 ? 'waits' : 'wait'}`
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).filter(([, value]) => value > 0)
  some.sort(([, left], [, right]) => right - left)
  return some.map(([name, value]) => `${count(value)} ${name}`).join(', ')
}
