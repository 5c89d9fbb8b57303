import { p99 } from './figures.ts'
import type { RunRecord } from './run-record.ts'

const width = 860
const left = 64
const right = 16
const panelHeight = 150
const successTop = 66
const latencyTop = successTop + panelHeight + 46
const height = latencyTop + panelHeight + 42
const bucketMs = 250
/** Latencies from 4 ms to 4 s, each step of the scale ten times the one before. */
const [lowest, highest] = [Math.log10(4), Math.log10(4_000)]

/** Where each name of the legend begins. */
const legendAt = [64, 164, 418, 604] as const
/** One line of the picture: ours first. */
const colours = ['ours', 'second', 'third', 'fourth'] as const

/** Draws success and latency over time, each contender a line, with what happened: an SVG that fits light and dark pages. */
export function drawScenario(title: string, runs: readonly RunRecord[]): string {
  const [first] = runs as readonly [RunRecord, ...RunRecord[]]
  const x = (at: number): number => left + (at / first.durationMs) * (width - left - right)
  const events = first.events.map(
    ({ at, label }, i) =>
      `<line class="event" x1="${n(x(at))}" x2="${n(x(at))}" y1="${successTop}" y2="${latencyTop + panelHeight}"/><text class="caption" x="${n(x(at) + 4)}" y="${successTop - 6 - (i % 2) * 0}">${escapeXml(label)}</text>`,
  )
  const lines = runs.flatMap((run, i) => {
    const buckets = bucketsOf(run)
    const success = buckets.map(({ at, share }) => [x(at), successTop + (1 - share) * panelHeight] as const)
    const latency = buckets.map(({ at, ms }) => [x(at), latencyTop + panelHeight - scaled(ms) * panelHeight] as const)
    return [success, latency].map(
      (points) => `<polyline class="line ${colours[i]}" points="${points.map((point) => point.map(n).join(',')).join(' ')}"/>`,
    )
  })
  // Ours is drawn last, over the others.
  lines.reverse()
  const legend = runs.map(
    ({ contender }, i) =>
      `<line class="line ${colours[i]}" x1="${legendX(i)}" x2="${legendX(i) + 22}" y1="38" y2="38"/><text x="${legendX(i) + 28}" y="42">${escapeXml(contender)}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)} Success and latency over time.">
<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600 } .caption, .tick { font-size: 11px; fill: #59636e } .tick { text-anchor: end }
.grid { stroke: #d1d9e0 } .event { stroke: #cf222e; stroke-dasharray: 4 3 } .line { fill: none; stroke-width: 1.6; stroke-linejoin: round }
.ours { stroke: #1a7f37; stroke-width: 2.6 } .second { stroke: #0969da } .third { stroke: #d4812a } .fourth { stroke: #8250df }
@media (prefers-color-scheme: dark) { text { fill: #f0f6fc } .caption, .tick { fill: #9198a1 } .grid { stroke: #3d444d } .event { stroke: #f85149 } .ours { stroke: #3fb950 } .second { stroke: #4493f8 } .third { stroke: #db8f3c } .fourth { stroke: #ab7df8 } }
</style>
<text class="title" x="${left}" y="20">${escapeXml(title)}</text>
${legend.join('\n')}
${grid(
  successTop,
  [1, 0.5, 0].map((share) => [1 - share, `${share * 100} %`]),
)}
${grid(
  latencyTop,
  [10, 100, 1_000].map((ms) => [1 - scaled(ms), ms === 1_000 ? '1 s' : `${ms} ms`]),
)}
<text class="caption" x="${left}" y="${latencyTop - 8}">99th percentile of latency, lost calls included</text>
<text class="caption" x="${left}" y="${successTop + panelHeight + 18}">share of calls that ended well</text>
${events.join('\n')}
${lines.join('\n')}
${seconds(first.durationMs, x)}
</svg>
`
}

interface Bucket {
  readonly at: number
  readonly share: number
  readonly ms: number
}

function bucketsOf({ calls, durationMs }: RunRecord): Bucket[] {
  const buckets: Bucket[] = []
  for (let at = 0; at < durationMs; at += bucketMs) {
    const here = calls.filter((call) => call.at >= at && call.at < at + bucketMs)
    if (here.length === 0) continue
    buckets.push({ at: at + bucketMs / 2, share: here.filter(({ wrong }) => wrong === undefined).length / here.length, ms: p99(here) })
  }
  return buckets
}

function scaled(ms: number): number {
  return Math.min(1, Math.max(0, (Math.log10(Math.max(ms, 1)) - lowest) / (highest - lowest)))
}

function grid(top: number, ticks: readonly (readonly [number, string])[]): string {
  return ticks
    .map(([share, text]) => {
      const y = n(top + share * panelHeight)
      return `<line class="grid" x1="${left}" x2="${width - right}" y1="${y}" y2="${y}"/><text class="tick" x="${left - 6}" y="${n(top + share * panelHeight + 4)}">${text}</text>`
    })
    .join('\n')
}

function seconds(durationMs: number, x: (at: number) => number): string {
  const ticks: string[] = []
  for (let at = 0; at <= durationMs; at += 2_000)
    ticks.push(`<text class="tick" x="${n(x(at) + 8)}" y="${height - 20}">${at / 1_000} s</text>`)
  return ticks.join('\n')
}

function n(value: number): string {
  return value.toFixed(1)
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

function legendX(i: number): number {
  return legendAt[i] ?? left
}
