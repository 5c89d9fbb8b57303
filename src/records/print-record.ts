import type { AttemptRecord, DecisionRecord, TimeRecord } from './decision-record.ts'

/** How wide the bars are, in characters. */
const barWidth = 40

/** So many endpoints that were passed over are printed one by one; the others are counted. */
const mostPrinted = 8

/**
 * A record as text: what became of the call, a waterfall of its attempts, what it waited for, why others were passed over, and where the time went.
 *
 * @param record from `meshInfo` or `net.recent()`.
 * @returns several lines, without a line break at the end; no colours.
 * @example
 * ```ts
 * import { type Mesh, printRecord } from 'proxyless'
 *
 * export function printSlowest(net: Mesh): void {
 *   for (const record of net.recent()) if (record.kept === 'slow') console.log(printRecord(record))
 * }
 * ```
 */
export function printRecord(record: DecisionRecord): string {
  const { attempts, attemptsLeftOut, time, error, notRepeated, redirects, version } = record
  const lines = [headline(record)]
  if (error !== undefined) lines.push(`  ${error.message}`)
  if (version !== undefined)
    lines.push(
      `  ${version.by} ${version.name}${version.insteadOf === undefined ? '' : `, in place of ${version.insteadOf}, which had nobody for it`}`,
    )
  if (redirects > 0) lines.push(`  ${redirects === 1 ? '1 redirect' : `${redirects} redirects`} before`)
  for (const attempt of attempts) lines.push(...attemptLines(attempt, time.totalMs))
  if (attemptsLeftOut > 0) lines.push(`  ... and ${attemptsLeftOut} more attempts in between`)
  if (notRepeated !== undefined) lines.push(`  not repeated: ${whyNot[notRepeated]}`)
  lines.push(...passedOverLines(record), `  time: ${timeText(time)}`)
  const limits = [deadlineText(record), ...stateTexts(record)].filter((text) => text !== '')
  if (limits.length > 0) lines.push(`  ${limits.join('; ')}`)
  return lines.join('\n')
}

const whyNot = {
  verdict: 'the judge of the service says that it must not be',
  'caller-said-no': 'the caller said retry: false',
  'not-idempotent': 'it may have been sent, and the call is not idempotent',
  body: 'its body cannot be sent a second time',
  'repeated-above': 'it is made for a request that is itself a repetition',
  attempts: 'there were no attempts left',
  budget: 'the retry budget is empty',
  enforce: 'enforce kept it back',
  deadline: 'the deadline leaves no time for it',
  off: 'retries are switched off',
  cancelled: 'nobody waits any more',
} as const satisfies Record<NonNullable<DecisionRecord['notRepeated']>, string>

function headline({
  service,
  route,
  method,
  path,
  sentPath,
  result,
  status,
  error,
  endpoint,
  protocol,
  time,
  kept,
}: DecisionRecord): string {
  const what = status ?? error?.code ?? ''
  const where = endpoint === undefined ? '' : ` by ${endpoint}${protocol === undefined ? '' : ` (${protocol})`}`
  const by = route === undefined ? service : `${service}/${route}`
  return `${by}: ${method} ${path}${sentPath === undefined ? '' : ` as ${sentPath}`} -> ${result}${what === '' ? '' : ` ${what}`}${where} in ${ms(time.totalMs)}${kept === 'slow' ? ', one of the slowest' : ''}`
}

function attemptLines(attempt: AttemptRecord, totalMs: number): readonly string[] {
  const { number, endpoint, zone, startMs, tookMs, bodyMs, result, verdict, hedge, decided, repeated, message, injected } = attempt
  const place = zone === '' ? endpoint : `${endpoint} ${zone}`
  const mark = hedge ? 'hedge' : decided ? 'decided' : ''
  const notes = [verdict === 'success' ? '' : verdict, mark].filter((note) => note !== '').join(', ')
  const took = bodyMs !== undefined && bodyMs >= 0.5 ? `${ms(tookMs)} + body ${ms(bodyMs)}` : ms(tookMs)
  const lines = [
    `  ${String(number).padStart(2)} |${bar(startMs, tookMs, bodyMs ?? 0, totalMs)}| ${ms(startMs)} +${took} ${place}: ${result ?? 'no answer yet'}${notes === '' ? '' : ` (${notes})`}`,
  ]
  if (injected.length > 0) lines.push(`       injected: ${injected.join(', ')}`)
  if (message !== undefined && verdict !== 'lost') lines.push(`       ${message}`)
  if (repeated !== undefined)
    lines.push(
      repeated.how === 'requeue' ? '       nobody got it: at once elsewhere' : `       again after a back-off of ${ms(repeated.waitMs)}`,
    )
  return lines
}

/** Dots before it began, `=` until the head, `-` for the body. */
function bar(startMs: number, tookMs: number, bodyMs: number, totalMs: number): string {
  const column = (at: number) => (totalMs <= 0 ? 0 : Math.max(0, Math.min(barWidth, Math.round((at / totalMs) * barWidth))))
  const start = Math.min(column(startMs), barWidth - 1)
  const head = Math.max(start + 1, column(startMs + tookMs))
  const end = Math.max(head, column(startMs + tookMs + bodyMs))
  return `${' '.repeat(start)}${'='.repeat(head - start)}${'-'.repeat(end - head)}`.padEnd(barWidth)
}

function passedOverLines({ passedOver, passedOverCounts }: DecisionRecord): readonly string[] {
  const telling = passedOver.filter(({ reason }) => reason !== 'not-picked' && reason !== 'tried')
  const lines = telling
    .slice(0, mostPrinted)
    .map(({ endpoint, reason, detail }) => `  passed over ${endpoint}: ${reason}${detail === undefined ? '' : ` (${detail})`}`)
  const all = Object.entries(passedOverCounts).map(([reason, count]) => `${count} ${reason}`)
  if (telling.length > mostPrinted) lines.push('  ...')
  if (all.length > 0) lines.push(`  others: ${all.join(', ')}`)
  return lines
}

function timeText({ totalMs, ...parts }: TimeRecord): string {
  const words: Record<keyof typeof parts, string> = {
    discoveryMs: 'discovery',
    limitMs: 'rate limit',
    queueMs: 'queue',
    backoffMs: 'back-off',
    connectMs: 'connect',
    headersMs: 'headers',
    bodyMs: 'body',
    otherMs: 'other',
  }
  const names = Object.keys(words) as (keyof typeof parts)[]
  const told = names.filter((name) => parts[name] >= 0.05).map((name) => `${words[name]} ${ms(parts[name])}`)
  return told.length === 0 ? ms(totalMs) : `${told.join(', ')} = ${ms(totalMs)}`
}

function deadlineText({ deadline: { ms: limit, leftMs = 0, inherited } }: DecisionRecord): string {
  return limit === undefined ? '' : `deadline ${ms(limit)}${inherited ? ' (inherited)' : ''}, ${ms(leftMs)} left`
}

function stateTexts({ state }: DecisionRecord): readonly string[] {
  if (state === undefined) return []
  const { circuit, budgetLeft, rateLimit, concurrency } = state
  return [
    circuit === undefined ? '' : `circuit ${circuit}`,
    budgetLeft === undefined ? '' : `budget for ${Math.floor(budgetLeft)} retries`,
    rateLimit === undefined ? '' : `${Math.floor(rateLimit.permitsLeft)} permits left`,
    concurrency === undefined ? '' : `${concurrency.inFlight} of ${concurrency.limit} in flight`,
  ]
}

function ms(value: number): string {
  if (value >= 9_999.5) return `${(value / 1_000).toFixed(1)} s`
  return `${value >= 9.95 ? Math.round(value) : Math.round(value * 10) / 10} ms`
}
