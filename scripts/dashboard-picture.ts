// Draws docs/dashboard.svg: some panels of dashboards/proxyless.json, asked of a real Prometheus that scrapes a shop in trouble, as Grafana would ask it.
// `node scripts/dashboard-picture.ts`, where PROMETHEUS names the program (prometheus by default).
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TroubledShop } from '../test/integration/metrics/troubled-shop.ts'
import { Prometheus } from '../test/servers/prometheus.ts'
import { drawPanels, type Line, type Panel } from './draw-panels.ts'

const root = join(import.meta.dirname, '..')
const seconds = 40
const wanted = [
  ...['Calls by service', 'Failed calls by service', 'Duration of calls', 'Attempts by endpoint', 'Repeated because', 'Budget left'],
  ...['Endpoints by state', 'Rate limit', 'Concurrency'],
]

interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly fieldConfig?: { readonly defaults?: { readonly unit?: string } }
    readonly targets?: readonly { readonly expr: string; readonly legendFormat?: string }[]
  }[]
}

const dashboard = JSON.parse(await readFile(join(root, 'dashboards', 'proxyless.json'), 'utf8')) as Dashboard
const shop = await TroubledShop.open()
const prometheus = await Prometheus.start(process.env.PROMETHEUS ?? 'prometheus', { targets: [shop.target], every: '500ms' })
try {
  await sleep((seconds + 6) * 1_000)
  const end = Date.now() / 1_000
  const panels = await Promise.all(wanted.map((title) => panelOf(title, end)))
  await writeFile(join(root, 'docs', 'dashboard.svg'), drawPanels(panels, seconds))
} finally {
  await prometheus.stop()
  await shop.close()
}

async function panelOf(title: string, end: number): Promise<Panel> {
  const found = dashboard.panels.find((panel) => panel.title === title)
  if (found?.targets === undefined) throw new Error(`the dashboard has no panel ${title}`)
  const lines = await Promise.all(found.targets.map(({ expr, legendFormat = '' }) => linesOf(expr, legendFormat, end)))
  return { title, unit: found.fieldConfig?.defaults?.unit ?? '', lines: lines.flat() }
}

async function linesOf(expr: string, legend: string, end: number): Promise<Line[]> {
  const query = expr.replaceAll(/\$(mesh|service)\b/g, '.*').replaceAll('$__rate_interval', '5s')
  const range = { query, start: String(end - seconds), end: String(end), step: '1' }
  const response = await fetch(`${prometheus.url}/api/v1/query_range?${new URLSearchParams(range)}`)
  const { data } = (await response.json()) as {
    data: { result: readonly { metric: Record<string, string>; values: readonly [number, string][] }[] }
  }
  return data.result.map(({ metric, values }) => ({
    name: legend.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => (metric[label] ?? '').replace('http://', '')),
    points: values
      .map(([at, value]): [number, number] => [at - end + seconds, Number(value)])
      .filter(([, value]) => Number.isFinite(value)),
  }))
}
