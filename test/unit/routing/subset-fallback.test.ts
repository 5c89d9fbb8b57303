import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Balancer } from '../../../src/balancing/balancer.ts'
import { HealthBoard } from '../../../src/health/health-board.ts'
import { failoverDefaults } from '../../../src/routing/failover-options.ts'
import { routingDefaults } from '../../../src/routing/routing-settings.ts'
import type { SubsetLabels } from '../../../src/routing/subset.ts'
import { describeFallback, type SubsetFallback } from '../../../src/routing/subset-fallback.ts'
import { survey } from '../../../src/routing/survey.ts'
import { TriedQuery } from '../../../src/routing/tried-query.ts'
import { testCall } from '../../../src/testing/test-call.ts'
import { testHost } from '../../../src/testing/test-host.ts'
import { setsOf } from './test-candidates.ts'
import { TestDirectory } from './test-directory.ts'

const inTurn: Balancer = {
  name: 'in-turn',
  picker: (endpoints) => {
    let turn = 0
    return { pick: () => endpoints[turn++ % endpoints.length] }
  },
}

const directory = new TestDirectory(
  { url: 'http://one:1', labels: { version: 'v1', stage: 'prod' } },
  { url: 'http://two:1', labels: { version: 'v2', stage: 'prod' } },
  { url: 'http://three:1', labels: { version: 'v3', stage: 'test' } },
)

/** Which hosts calls with these labels go to. */
function hostsOf(labels: SubsetLabels, subsetFallback: SubsetFallback, health = new HealthBoard(), panicThreshold = 0): string[] {
  const settings = { subsetFallback, failover: { ...failoverDefaults, panicThreshold } }
  const candidates = setsOf(directory, inTurn, testHost(), { settings, health }).of(labels)
  const query = new TriedQuery()
  query.standFor(testCall())
  return [...new Set(Array.from({ length: 9 }, () => candidates.pick(query)?.hostname ?? 'none'))].toSorted()
}

const rows: readonly (readonly [title: string, labels: SubsetLabels, rule: SubsetFallback, ...hosts: string[]])[] = [
  ['labels that endpoints carry need no fallback', { version: 'v1' }, 'any', 'one'],
  ['without a rule nobody stands in', { version: 'v9' }, 'none', 'none'],
  ['any endpoint stands in', { version: 'v9' }, 'any', 'one', 'three', 'two'],
  ['a subset stands in', { version: 'v9' }, { subset: { version: 'v1' } }, 'one'],
  ['a subset that is missing, too, does not', { version: 'v9' }, { subset: { version: 'v8' } }, 'none'],
  [
    'the first alternative that has endpoints stands in',
    { version: 'v9' },
    { alternatives: [{ version: 'v8' }, { version: 'v2' }] },
    'two',
  ],
  ['labels that do not count are dropped', { version: 'v9', stage: 'prod' }, { keys: ['stage'] }, 'one', 'two'],
  ['when no label is left, nobody stands in', { version: 'v9' }, { keys: ['stage'] }, 'none'],
  [
    'in panic any endpoint stands in for a fallback that is missing',
    { version: 'v9' },
    { subset: { version: 'v8' }, panicModeAny: true },
    'one',
    'three',
    'two',
  ],
]

for (const [title, labels, rule, ...hosts] of rows) {
  test(title, () => {
    assert.deepEqual(hostsOf(labels, rule), hosts)
  })
}

test('in panic any endpoint stands in for a fallback of which nobody is fit, until somebody is', () => {
  const health = new HealthBoard()
  const [one] = directory.endpoints
  health.note(one as NonNullable<typeof one>, 'test', 'unhealthy')
  const rule = { subset: { version: 'v1' } }
  assert.deepEqual(hostsOf({ version: 'v9' }, rule, health), ['none'])
  assert.deepEqual(hostsOf({ version: 'v9' }, { ...rule, panicModeAny: true }, health), ['three', 'two'])
  // At the default threshold the ill one is in panic, and is used without the rule.
  assert.deepEqual(hostsOf({ version: 'v9' }, rule, health, 0.5), ['one'])
  assert.deepEqual(hostsOf({ version: 'v9' }, { ...rule, panicModeAny: true }, health, 0.5), ['three', 'two'])
  assert.deepEqual(hostsOf({ version: 'v1' }, { ...rule, panicModeAny: true }, health, 0.5), ['one'], 'it is what the call asked for')
  const found = survey(directory.endpoints, { version: 'v9' }, health, {
    ...routingDefaults,
    subsetFallback: { ...rule, panicModeAny: true },
  })
  assert.deepEqual([found.eligible.size, found.fellBack], [2, true])
  health.note(one as NonNullable<typeof one>, 'test', undefined)
  assert.deepEqual(hostsOf({ version: 'v9' }, { ...rule, panicModeAny: true }, health), ['one'])
})

test('the message of a call that finds nobody names what the fallback looked for', () => {
  assert.equal(describeFallback({ version: 'v9' }, 'any'), '')
  assert.equal(
    describeFallback({ version: 'v9' }, { alternatives: [{ version: 'v8' }, { version: 'v7', stage: 'prod' }] }),
    '; nor does any carry what the fallback names: version=v8 or version=v7, stage=prod',
  )
})
