import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { findEnvoy, needEnvoy } from '../../servers/envoy.ts'
import { Field } from './field.ts'
import { hashFigures } from './hash-figures.ts'
import { hashScenarios } from './hash-scenarios.ts'
import { distanceBetween } from './tolerance.ts'

let field: Field | undefined

before(async () => {
  const program = findEnvoy()
  const all = hashScenarios.flatMap((scenario) => [scenario.before, scenario.after])
  if (program !== undefined) field = await Field.open(program, all)
})
after(() => field?.close())

for (const scenario of hashScenarios) {
  test(`${scenario.title}: a mesh and a real Envoy spread keys alike, and move those that must move`, async (context) => {
    if (needEnvoy(context) === undefined) return
    const open = field as Field
    const { envoy, mesh } = hashFigures(scenario, await open.run(scenario.before), await open.run(scenario.after))
    const figures = JSON.stringify({ envoy, mesh })
    assert.ok(envoy.spreadDistance < 1 && mesh.spreadDistance < 1, figures)
    if (scenario.fewerMoves) {
      assert.equal(mesh.needless, 0, figures)
      assert.ok(envoy.needless > 0.03 * envoy.keys, figures)
    } else {
      assert.ok(distanceBetween([envoy.moved, envoy.keys - envoy.moved], [mesh.moved, mesh.keys - mesh.moved]) < 1, figures)
      assert.ok(distanceBetween([envoy.needless, envoy.keys - envoy.needless], [mesh.needless, mesh.keys - mesh.needless]) < 1, figures)
    }
  })
}
