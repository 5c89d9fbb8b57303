import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { findEnvoy, needEnvoy } from '../../servers/envoy.ts'
import { Field } from './field.ts'
import { hashScenarios } from './hash-scenarios.ts'
import { shareScenarios } from './share-scenarios.ts'
import { disagreements, sharesOf } from './shares.ts'

let field: Field | undefined

before(async () => {
  const program = findEnvoy()
  if (program !== undefined) field = await Field.open(program, shareScenarios)
})
after(() => field?.close())

for (const scenario of shareScenarios) {
  const alike = scenario.differs === undefined
  test(`${scenario.title}: a mesh and a real Envoy ${alike ? 'give the same shares' : 'differ as they are meant to'}`, async (context) => {
    if (needEnvoy(context) === undefined) return
    const shares = sharesOf(scenario, await (field as Field).run(scenario))
    assert.deepEqual(disagreements(scenario, shares), [], JSON.stringify(shares))
  })
}

test('the page about Envoy has every task in its tables', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../docs/envoy-comparison.md', import.meta.url)), 'utf8')
  const missing = [...shareScenarios, ...hashScenarios].filter(({ title }) => !page.includes(`| ${title} |`))
  assert.deepEqual(
    missing.map(({ title }) => title),
    [],
    'npm run compare:envoy writes the page',
  )
})
