import { circuitWords, endpointWords, serviceWords, type Tone } from '../admin/endpoint-words.ts'
import { count, latency, percent, perSecond, span } from '../admin/figures.ts'
import type { EndpointOverview, Overview, ServiceOverview } from '../admin/overview.ts'
import { trafficLines } from '../admin/traffic-words.ts'

/** Where it is drawn. */
export interface Screen {
  readonly columns: number
  /** Lines that there is room for; `Infinity` for a printed list. */
  readonly rows: number
  readonly colours: boolean
}

const codes: Readonly<Record<Tone | 'bold' | 'dim', string>> = { good: '32', warn: '33', bad: '31', off: '36', bold: '1', dim: '2' }
const toneOrder: Readonly<Record<Tone, number>> = { bad: 0, warn: 1, off: 2, good: 3 }
const eventLines = 5

/** One picture of a mesh: lines that fit the screen. */
export function drawTop(overview: Overview, screen: Screen): readonly string[] {
  const { mesh, state, since, at, services, events } = overview
  const paint = painter(screen.colours)
  const head = `${paint(safe(mesh), 'bold')}  ${state}, up ${span(at - since)}, ${services.length} ${services.length === 1 ? 'service' : 'services'}`
  const happened = events.slice(0, eventLines).map((event) => {
    const time = new Date(event.at).toISOString().slice(11, 19)
    return paint(safe(`${time} ${event.service ?? 'mesh'}: ${event.text}`), 'dim')
  })
  const tail = happened.length === 0 ? [] : ['', ...happened]
  const room = screen.rows - 1 - tail.length
  const each = Number.isFinite(room) ? Math.floor(room / Math.max(1, services.length)) - 4 : Number.POSITIVE_INFINITY
  const body = services.flatMap((service) => ['', ...drawService(service, each, paint)])
  const lines = [head, ...body.slice(0, Math.max(0, room)), ...tail]
  return lines.slice(0, Math.max(1, screen.rows)).map((line) => cut(line, screen.columns))
}

type Paint = (text: string, tone: Tone | 'bold' | 'dim') => string

function painter(colours: boolean): Paint {
  return colours ? (text, tone) => `\u001b[${codes[tone]}m${text}\u001b[0m` : (text) => text
}

/** @param room lines that there are for endpoints, and for what else the service does, of which there is little. */
function drawService(service: ServiceOverview, room: number, paint: Paint): readonly string[] {
  const { name, calls, circuit, retryBudget, latency: took } = service
  const words = serviceWords(service)
  const figures = [
    `${perSecond(service.perSecond)} calls/s`,
    `${perSecond(service.failuresPerSecond)} failed/s`,
    `p50 ${latency(took?.p50Ms)}`,
    `p99 ${latency(took?.p99Ms)}`,
    `${count(calls.inFlight)} in flight`,
    `${count(calls.started)} calls`,
    `${count(calls.failed)} failed`,
    `${count(calls.retried)} repeated`,
    retryBudget.left === undefined ? '' : `budget ${count(Math.floor(retryBudget.left))}`,
    circuit === undefined ? '' : `circuit ${circuitWords(circuit).state}`,
  ].filter((text) => text !== '')
  const reasons = words.reasons.length === 0 ? '' : `  ${paint(safe(words.reasons.join('; ')), 'dim')}`
  const title = `${paint(safe(name), 'bold')}  ${paint(words.state, words.tone)}${reasons}`
  // Endpoints come first: a small terminal shows no more than them.
  const traffic = trafficLines(service).slice(0, Math.max(0, room - Math.min(3, service.endpoints.length)))
  const most = Math.max(1, room - traffic.length)
  const rows = service.endpoints.map((endpoint) => ({ endpoint, words: endpointWords(endpoint) }))
  // Who is in trouble must be seen when there is not room for all.
  if (rows.length > most)
    rows.sort((left, right) => toneOrder[left.words.tone] - toneOrder[right.words.tone] || right.endpoint.share - left.endpoint.share)
  const width = Math.max(8, ...rows.slice(0, most).map(({ endpoint }) => endpoint.address.length))
  const shown = rows.slice(0, rows.length > most ? Math.max(1, most - 1) : most)
  const left = rows.length - shown.length
  const more = left > 0 ? [paint(`  and ${count(left)} more`, 'dim')] : []
  const does = traffic.map((line) => paint(safe(`  ${line}`), 'dim'))
  return [
    title,
    `  ${figures.join('   ')}`,
    ...does,
    paint(titles(width), 'dim'),
    ...shown.map((row) => drawEndpoint(row, width, paint)),
    ...more,
  ]
}

function titles(width: number): string {
  return `  ${'endpoint'.padEnd(width)}${['share', 'per s', 'failed', 'p50', 'p99', 'flight'].map((text) => text.padStart(9)).join('')}  state`
}

function drawEndpoint(
  { endpoint, words }: { endpoint: EndpointOverview; words: ReturnType<typeof endpointWords> },
  width: number,
  paint: Paint,
): string {
  const { address, share, failures, inFlight, latency: took } = endpoint
  const figures = [
    percent(share),
    perSecond(endpoint.perSecond),
    count(failures),
    latency(took?.p50Ms),
    latency(took?.p99Ms),
    count(inFlight),
  ]
  const why = words.reasons.length === 0 ? '' : `  ${paint(safe(words.reasons.join('; ')), 'dim')}`
  return `  ${safe(address).padEnd(width)}${figures.map((text) => text.padStart(9)).join('')}  ${paint(words.state, words.tone)}${why}`
}

/** Names and messages come from outside, and must not move the cursor. */
function safe(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '?')
}

/** Cuts a line to a width; colours take none. */
function cut(line: string, columns: number): string {
  let width = 0
  let out = ''
  for (const [part] of line.matchAll(/\p{Cc}\[\d+m|\P{Cc}/gu)) {
    if (part.startsWith('\u001b')) out += part
    else if (width < columns) {
      out += part
      width += 1
    }
  }
  return out
}
