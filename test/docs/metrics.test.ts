import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { type MetricName, meshMetrics, prometheusName } from '../../src/metrics/index.ts'

const root = join(import.meta.dirname, '..', '..')
const page = readFileSync(join(root, 'docs/telemetry.md'), 'utf8')

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``
}

test('docs/telemetry.md has every metric as it is', () => {
  const rows = Object.entries(meshMetrics).map(
    ([name, { kind, unit, attributes, description }]) =>
      `| ${[code(name), code(prometheusName(name as MetricName)), kind, code(unit), attributes.map(code).join(', '), description].join(' | ')} |`,
  )
  const [, table = ''] = /<!-- metrics:begin -->\n\n(.*)\n\n<!-- metrics:end -->/s.exec(page) ?? []
  assert.deepEqual(table.split('\n').slice(2), rows)
})

test('docs/telemetry.md has every alert with its severity', () => {
  const { groups } = parse(readFileSync(join(root, 'dashboards/alerts.yaml'), 'utf8')) as {
    groups: readonly { rules: readonly { alert: string; labels: { severity: string } }[] }[]
  }
  const alerts = groups.flatMap(({ rules }) => rules.map(({ alert, labels }) => `${alert} ${labels.severity}`))
  const documented = [...page.matchAll(/^\| `(Proxyless\w+)` \| (\w+) \|/gm)].map(([, alert, severity]) => `${alert} ${severity}`)
  assert.deepEqual(documented.toSorted(), alerts.toSorted())
})
