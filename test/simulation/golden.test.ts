import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differences, readGolden } from './golden-table.ts'
import { inWorker } from './in-worker.ts'
import { scenarios } from './scenarios/index.ts'
import type { Figures } from './scenarios/scenario.ts'

for (const [name, load] of Object.entries(scenarios)) {
  const { scenario } = await load()
  const golden = readGolden(name)
  for (const variant of Object.keys(scenario.variants)) {
    test(`${name}: the figures of ${variant} are those of the golden table`, async (t) => {
      const found = await inWorker<Figures>(import.meta.resolve('./golden-table.ts'), 'measure', name, variant)
      t.diagnostic(JSON.stringify(found))
      const expected = golden[variant]
      assert.ok(expected !== undefined, `npm run simulate -- ${name} --golden writes the table`)
      assert.deepEqual(differences(found, expected), [])
    })
  }
  test(`${name}: the golden table has no other variants`, () => {
    assert.deepEqual(Object.keys(golden).sort(), Object.keys(scenario.variants).sort())
  })
}
