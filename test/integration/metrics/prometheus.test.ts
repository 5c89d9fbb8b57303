import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type MetricName, meshMetrics, prometheusName } from '../../../src/metrics/index.ts'
import { Prometheus } from '../../servers/prometheus.ts'
import { need, until } from '../../servers/server-kit.ts'
import { TroubledShop } from './troubled-shop.ts'

const dashboards = join(import.meta.dirname, '../../../dashboards')

interface Panel {
  readonly title: string
  readonly type: string
  readonly targets?: readonly { readonly expr: string }[]
}
interface Dashboard {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] }
}

const dashboard = JSON.parse(readFileSync(join(dashboards, 'proxyless.json'), 'utf8')) as Dashboard
const expressions = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })))

/** As Grafana fills in a dashboard whose variables are at "All". */
function filledIn(text: string): string {
  return text.replaceAll(/\$(mesh|service)\b/g, '.*').replaceAll('$__rate_interval', '10s')
}

/** Starts a shop in trouble and a Prometheus that scrapes it. */
async function scrapedShop(t: TestContext): Promise<{ shop: TroubledShop; prometheus: Prometheus } | undefined> {
  const program = need('prometheus', t)
  if (program === undefined) return undefined
  const shop = await TroubledShop.open()
  t.after(() => shop.close())
  const rules = [join(dashboards, 'alerts.yaml')]
  const prometheus = await Prometheus.start(program, { targets: [shop.target], rules, every: '250ms' })
  t.after(() => prometheus.stop())
  return { shop, prometheus }
}

test('a real Prometheus scrapes a mesh in trouble, and every panel of the dashboard has something to show', {
  timeout: 120_000,
}, async (t) => {
  const started = await scrapedShop(t)
  if (started === undefined) return
  const { shop, prometheus } = started
  assert.ok(expressions.length > 40, 'there are panels')
  // Rates need counters that were seen before: reasons and rules appear when they first come.
  await prometheus.scraped(8)
  const empty = async () => {
    const found = await Promise.all(expressions.map(async (each) => ({ ...each, series: await prometheus.query(filledIn(each.expr)) })))
    return found.filter(({ series }) => !series.some(({ value }) => Number.isFinite(value))).map(({ title, expr }) => `${title}: ${expr}`)
  }
  let missing = await empty()
  await until('every panel', async () => (missing = await empty()).length === 0, 40_000).catch(() => assert.deepEqual(missing, []))
  // It scrapes four times a second: on a busy machine one scrape or another comes too late for that.
  let wrong = ['not asked yet']
  const noneIsWrong = async () => (wrong = [...(await prometheus.targetErrors())]).join() === ''
  await until('a scrape without an error', noneIsWrong, 10_000).catch(() => assert.deepEqual(wrong, ['']))

  const variables = dashboard.templating.list.flatMap(({ name, definition }) =>
    definition === undefined ? [] : [[name, definition] as const],
  )
  const answers: Record<string, readonly string[]> = {}
  for (const [name, definition] of variables) {
    const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(filledIn(definition)) ?? []
    answers[name] = await prometheus.labelValues(label, selector)
  }
  assert.deepEqual(answers, { mesh: ['shop'], service: ['carts', 'orders', 'stock'] })

  const loaded = await prometheus.rules()
  assert.ok(loaded.length >= 15)
  assert.deepEqual(
    loaded.filter(({ lastError }) => lastError !== undefined && lastError !== ''),
    [],
  )
  for (const name of ['ProxylessCallsFail', 'ProxylessCallsLimited', 'ProxylessPartThrows'])
    await until(`${name} stirs`, async () => (await prometheus.rules()).some((rule) => rule.name === name && rule.state !== 'inactive'))

  // What Prometheus adds up is what the mesh counted.
  await shop.close()
  const { orders } = shop.net.snapshot().services
  assert.ok((orders?.calls.succeeded ?? 0) > 50)
})

test('what Prometheus keeps is what the mesh counted', { timeout: 60_000 }, async (t) => {
  const started = await scrapedShop(t)
  if (started === undefined) return
  const { shop, prometheus } = started
  await prometheus.scraped(4)
  const before = shop.net.snapshot().services.orders ?? assert.fail()
  await prometheus.scraped(2)
  const kept = async (expression: string) => (await prometheus.query(expression))[0]?.value ?? Number.NaN
  const calls = await kept('proxyless_calls_total{proxyless_service="orders", proxyless_result="succeeded"}')
  const attempts = await kept('sum(http_client_request_duration_seconds_count{proxyless_service="orders"})')
  const after = shop.net.snapshot().services.orders ?? assert.fail()
  const attemptsOf = ({ metrics }: typeof before) => Object.values(metrics?.attempts ?? {}).reduce((sum, each) => sum + each, 0)
  assert.ok(
    calls >= before.calls.succeeded && calls <= after.calls.succeeded,
    `${before.calls.succeeded} <= ${calls} <= ${after.calls.succeeded}`,
  )
  assert.ok(attempts >= attemptsOf(before) && attempts <= attemptsOf(after), `${attemptsOf(before)} <= ${attempts} <= ${attemptsOf(after)}`)
})

test('promtool finds nothing wrong with the text, and every metric is in it', { timeout: 60_000 }, async (t) => {
  const promtool = need('promtool', t)
  if (promtool === undefined) return
  const shop = await TroubledShop.open()
  t.after(() => shop.close())
  const text = async () => (await fetch(`http://${shop.target}/metrics`)).text()
  const names = Object.keys(meshMetrics).map((name) => prometheusName(name as MetricName))
  const missing = async () => {
    const known = await text()
    return names.filter((name) => !known.includes(`# TYPE ${name} `))
  }
  let absent = await missing()
  await until('every metric', async () => (absent = await missing()).length === 0, 20_000).catch(() => assert.deepEqual(absent, []))
  const { stdout, stderr, status } = spawnSync(promtool, ['check', 'metrics'], { input: await text(), encoding: 'utf8' })
  assert.deepEqual([status, `${stdout}${stderr}`], [0, ''])
})
