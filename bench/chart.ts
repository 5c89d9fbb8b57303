import { plain } from './report.ts'
import type { Row } from './rounds.ts'

const lineHeight = 24
const barHeight = 15
const top = 52
const labelWidth = 268
const panelWidth = 236
const gap = 64

/** Draws calls a second against built-in fetch, and processor time a call, as two rows of bars: an SVG that fits light and dark pages. */
export function drawChart(rows: readonly Row[], caption: string): string {
  const sorted = rows.toSorted((a, b) => b.median.callsPerSecond - a.median.callsPerSecond)
  const height = top + sorted.length * lineHeight + 34
  const width = labelWidth + 2 * panelWidth + 2 * gap
  const mostTimes = Math.max(...sorted.map((row) => row.againstFetch ?? 0))
  const mostUs = Math.max(...sorted.map(totalUs))
  const second = labelWidth + panelWidth + gap
  const lines = sorted.map((row, i) => {
    const y = top + i * lineHeight
    const ours = row.label.startsWith('**') ? ' ours' : ''
    const text = y + barHeight - 3
    const times = ((row.againstFetch ?? 0) / mostTimes) * panelWidth
    const client = (row.median.cpuUs / mostUs) * panelWidth
    const sidecar = ((row.median.sidecarCpuUs ?? 0) / mostUs) * panelWidth
    return [
      `<text class="label${ours}" x="${labelWidth - 10}" y="${text}">${escapeXml(plain(row.label))}</text>`,
      bar(`bar${ours}`, labelWidth, y, times),
      `<text class="value" x="${round(labelWidth + times + 6)}" y="${text}">${(row.againstFetch ?? 0).toFixed(2)}x</text>`,
      bar(`bar${ours}`, second, y, client),
      sidecar > 0 ? bar('sidecar', second + client, y, sidecar) : '',
      `<text class="value" x="${round(second + client + sidecar + 6)}" y="${text}">${totalUs(row).toFixed(totalUs(row) < 100 ? 1 : 0)}</text>`,
    ].join('')
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Calls a second and processor time a call, by client">
<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.label { text-anchor: end } .ours { font-weight: 600 } .title { font-weight: 600 } .value, .caption { fill: #59636e } .caption { font-size: 11px }
.bar { fill: #9aa4ae } .bar.ours { fill: #1a7f37 } .sidecar { fill: #d4812a }
@media (prefers-color-scheme: dark) { text { fill: #f0f6fc } .value, .caption { fill: #9198a1 } .bar { fill: #656c76 } .bar.ours { fill: #3fb950 } .sidecar { fill: #db8f3c } }
</style>
<text class="title" x="${labelWidth}" y="20">calls a second, built-in fetch = 1</text>
<text class="title" x="${second}" y="20">microseconds of processor a call</text>
<text class="caption" x="${labelWidth}" y="37">longer is better</text>
<text class="caption" x="${second}" y="37">shorter is better; orange: the sidecar's share</text>
${lines.join('\n')}
<text class="caption" x="8" y="${height - 10}">GET and text(), 64 callers. ${escapeXml(caption)}</text>
</svg>
`
}

function totalUs({ median }: Row): number {
  return median.cpuUs + (median.sidecarCpuUs ?? 0)
}

function bar(name: string, x: number, y: number, width: number): string {
  return `<rect class="${name}" x="${round(x)}" y="${y}" width="${round(Math.max(1, width))}" height="${barHeight}"/>`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
