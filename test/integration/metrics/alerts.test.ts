import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { need } from '../../servers/server-kit.ts'

const rulesFile = join(import.meta.dirname, '../../../dashboards/alerts.yaml')
const testsFile = join(import.meta.dirname, 'alerts.test.yaml')

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[]
}
interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string
      readonly exp_alerts: readonly { exp_labels: Record<string, string> }[]
    }[]
  }[]
}

/** Runs promtool; what it printed when it found something. */
function complaints(t: TestContext, ...args: readonly string[]): string | undefined {
  const promtool = need('promtool', t)
  if (promtool === undefined) return undefined
  const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: 'utf8' })
  return status === 0 ? '' : `${stdout}${stderr}`
}

test('promtool finds nothing wrong with the alerts', (t) => {
  const found = complaints(t, 'check', 'rules', rulesFile)
  if (found !== undefined) assert.equal(found, '')
})

test('each alert fires for the service that is in trouble, and not for the one beside it', (t) => {
  const found = complaints(t, 'test', 'rules', testsFile)
  if (found !== undefined) assert.equal(found, '')
})

test('there is no alert without such a test', () => {
  const { groups } = parse(readFileSync(rulesFile, 'utf8')) as Rules
  const { tests } = parse(readFileSync(testsFile, 'utf8')) as RuleTests
  const fired = tests.flatMap(({ alert_rule_test }) =>
    alert_rule_test
      .filter(({ exp_alerts: expected }) => expected.length === 1 && expected[0]?.exp_labels.proxyless_service === 'orders')
      .map(({ alertname }) => alertname),
  )
  assert.deepEqual(
    fired,
    groups.flatMap(({ rules }) => rules.map(({ alert }) => alert)),
  )
})
