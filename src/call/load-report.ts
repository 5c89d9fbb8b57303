/**
 * What a server says of its own load, in a header of its replies: `endpoint-load-metrics`, as Envoy and gRPC know it (ORCA).
 *
 * Two forms are read and written: `TEXT cpu_utilization=0.3,rps_fractional=120,named_metrics.rif=7`, and
 * `JSON {"cpu_utilization": 0.3, "named_metrics": {"rif": 7}}`.
 */
import type { Reply } from './reply.ts'

/** Metrics by name. Those within a group carry its name in front: `named_metrics.rif`, `utilization.disk`. */
export type LoadReport = ReadonlyMap<string, number>

/** What an endpoint answers to a probe. */
export interface ProbeAnswer {
  /** Requests in flight there. */
  readonly rif: number
  /** The median latency of late at about that many in flight, in milliseconds. */
  readonly latencyMs: number
}

/** The header, in lower case. */
export const loadReportHeader = 'endpoint-load-metrics'

/** Longer ones are not read: what comes from outside must not keep this process busy. */
const longestReport = 8_192

/** Names of ORCA's message as JSON may spell them. */
const spellings: Readonly<Record<string, string>> = Object.freeze({
  cpuUtilization: 'cpu_utilization',
  memUtilization: 'mem_utilization',
  applicationUtilization: 'application_utilization',
  rpsFractional: 'rps_fractional',
  rps: 'rps_fractional',
  namedMetrics: 'named_metrics',
  requestCost: 'request_cost',
})

/**
 * The load report of a reply.
 *
 * @param reply what came.
 * @returns `undefined` when there is none, or none that can be read. A metric that is negative or no number is left out.
 */
export function readLoadReport(reply: Pick<Reply, 'headers'>): LoadReport | undefined {
  const text = loadReportText(reply)
  if (text === undefined) return undefined
  const report = new Map<string, number>()
  if (text.startsWith('TEXT ')) readText(text, 5, report)
  else if (text.startsWith('JSON ')) readJson(text.slice(5), report)
  else if (text.startsWith('{')) readJson(text, report)
  else readText(text, 0, report)
  return report.size === 0 ? undefined : report
}

/**
 * The load report of a reply as it came.
 *
 * @param reply what came.
 * @returns `undefined` when there is none, or one that is too long.
 */
export function loadReportText({ headers }: Pick<Reply, 'headers'>): string | undefined {
  const value = Object.hasOwn(headers, loadReportHeader) ? headers[loadReportHeader] : undefined
  // Whoever stands nearest to us wrote the last one.
  const text = typeof value === 'object' ? value.at(-1) : value
  return text === undefined || text.length > longestReport ? undefined : text
}

/**
 * Writes a load report as text.
 *
 * @param report metrics by name.
 * @returns the value of the header.
 */
export function writeLoadReport(report: LoadReport | Readonly<Record<string, number>>): string {
  const entries = report instanceof Map ? [...report] : Object.entries(report)
  return `TEXT ${entries.map(([name, value]) => `${name}=${value}`).join(',')}`
}

function readText(text: string, from: number, report: Map<string, number>): void {
  for (let start = from; start < text.length; ) {
    const comma = text.indexOf(',', start)
    const end = comma < 0 ? text.length : comma
    const equals = text.indexOf('=', start)
    if (equals > start && equals < end) {
      const digits = text.slice(equals + 1, end).trim()
      if (digits !== '') add(report, text.slice(start, equals).trim(), Number(digits))
    }
    start = end + 1
  }
}

function readJson(text: string, report: Map<string, number>): void {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return
  }
  if (typeof parsed !== 'object' || parsed === null) return
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value !== 'object' || value === null) add(report, name, value)
    else for (const [inner, metric] of Object.entries(value)) add(report, `${spelled(name)}.${inner}`, metric)
  }
}

function add(report: Map<string, number>, name: string, value: unknown): void {
  if (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY) report.set(spelled(name), value)
}

function spelled(name: string): string {
  return Object.hasOwn(spellings, name) ? (spellings[name] as string) : name
}
