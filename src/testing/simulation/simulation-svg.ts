import { type Chart, type ChartLine, drawChart, escaped } from './chart.ts'
import type { SimulationResult } from './simulation-result.ts'
import type { SimulationView } from './simulation-table.ts'

/** What {@link simulationSvg} shows. */
export interface SimulationPicture extends SimulationView {
  /** Above everything. @defaultValue none */
  readonly title?: string | undefined
}

const width = 960
const rowHeight = 150
const colours = ['#d1495b', '#00798c', '#edae49', '#66a182', '#7b5ea7', '#2e4057']
const [middleColour, tailColour] = ['#00798c', '#d1495b']

const style = `text{font:11px system-ui,sans-serif;fill:#222}.title{fill:#555}.name{font-weight:600;font-size:13px}.head{font-size:16px;font-weight:600}
.tick{font-size:10px;fill:#666}.end{text-anchor:end}.middle{text-anchor:middle}.grid{stroke:#ddd;fill:none}`

function sharesOf(result: SimulationResult, server: number): number[] {
  return result.over.map(({ shares }) => shares[server] as number)
}

function shareChart(result: SimulationResult, watch: readonly string[], most: number): Chart {
  const watched = watch.map((name) => result.servers.findIndex((server) => server.name === name)).filter((index) => index >= 0)
  const others = result.servers.map((_, index) => index).filter((index) => !watched.includes(index))
  const lines = watched.map((index, i): ChartLine => {
    const { name } = result.servers[index] as { readonly name: string }
    return { name, colour: colours[i % colours.length] as string, values: sharesOf(result, index) }
  })
  const extremes = (choose: (...values: number[]) => number): number[] =>
    result.over.map(({ shares }) => choose(...others.map((index) => shares[index] as number)))
  const band = others.length === 0 ? undefined : { name: 'the others', low: extremes(Math.min), high: extremes(Math.max) }
  const title = `share of attempts${lines.length === 0 ? ', least to largest of all servers' : `: ${lines.map(({ name }) => name).join(', ')}; grey: the others`}`
  const step = most > 0.5 ? 0.25 : most > 0.2 ? 0.1 : most > 0.08 ? 0.05 : most > 0.03 ? 0.01 : 0.005
  const ticks = Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => i * step)
  const write = (value: number): string => `${Number((100 * value).toFixed(1))} %`
  return { title, lines, band, range: [0, most], logarithmic: false, ticks, write, seconds: result.durationMs / 1_000 }
}

function latencyChart(result: SimulationResult, range: readonly [number, number]): Chart {
  const quantiles = (share: number): number[] => result.over.map(({ latency }) => latency.quantileMs(share))
  const lines = [
    { name: 'p50', colour: middleColour, values: quantiles(0.5) },
    { name: 'p99', colour: tailColour, values: quantiles(0.99) },
  ]
  const ticks: number[] = []
  for (let tick = range[0]; tick <= range[1] * 1.001; tick *= 10) ticks.push(tick)
  const write = (value: number): string => (value < 1_000 ? `${Number(value.toPrecision(1))} ms` : `${value / 1_000} s`)
  const title = 'latency of calls: median (blue) and p99 (red)'
  return { title, lines, range, logarithmic: true, ticks, write, seconds: result.durationMs / 1_000 }
}

/** Powers of ten around everything that is to be shown, so that the rows can be compared. */
function latencyRange(results: readonly SimulationResult[]): readonly [number, number] {
  const all = results.flatMap(({ over }) => over.flatMap(({ latency }) => [latency.quantileMs(0.5), latency.quantileMs(0.99)]))
  const known = all.filter((value) => value > 0)
  if (known.length === 0) return [1, 10]
  const low = 10 ** Math.floor(Math.log10(known.reduce((least, value) => Math.min(least, value))))
  const high = 10 ** Math.ceil(Math.log10(known.reduce((most, value) => Math.max(most, value))))
  return [low, Math.max(high, low * 10)]
}

/**
 * Results of simulations one below the other, as a picture: shares of servers, and latencies, over time. All rows have the same scales.
 *
 * @param results by what each one is of, such as the balancer.
 * @param picture see {@link SimulationPicture}.
 * @returns the text of an SVG.
 */
export function simulationSvg(results: Readonly<Record<string, SimulationResult>>, picture: SimulationPicture = {}): string {
  const { title, watch = [] } = picture
  const rows = Object.entries(results)
  const shares = rows.flatMap(([, { over }]) => over.flatMap((interval) => interval.shares))
  const most = Math.min(1, 1.05 * shares.reduce((sofar, share) => Math.max(sofar, share), 0.01))
  const range = latencyRange(rows.map(([, result]) => result))
  const above = title === undefined ? 8 : 36
  const height = above + rows.length * (rowHeight + 22)
  const drawn = rows.map(([name, result], row) => {
    const y = above + row * (rowHeight + 22)
    return [
      `<text x="8" y="${y + 12}" class="name">${escaped(name)}</text>`,
      drawChart(shareChart(result, watch, most), 0, y + 18, width / 2 - 12, rowHeight),
      drawChart(latencyChart(result, range), width / 2, y + 18, width / 2 - 12, rowHeight),
    ].join('\n')
  })
  const label = escaped(title ?? rows.map(([name]) => name).join(', '))
  const heading = title === undefined ? '' : `<text x="8" y="22" class="head">${escaped(title)}</text>\n`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}">
<title>${label}</title>
<style>${style}</style>
<rect width="100%" height="100%" fill="#fff"/>
${heading}${drawn.join('\n')}
</svg>
`
}
