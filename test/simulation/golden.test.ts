import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differences, type GoldenTable, readGolden } from './golden-table.ts'
import { inWorker } from './in-worker.ts'
import { scenarios } from './scenarios/index.ts'

for (const [name, load] of Object.entries(scenarios)) {
  const { scenario } = await load()
  let measuring: Promise<GoldenTable> | undefined
  const measured = (): Promise<GoldenTable> =>
    (measuring ??= inWorker<GoldenTable>(import.meta.resolve('./golden-table.ts'), 'measure', name))

  test(`${name}: what the scenario claims comes out`, async (t) => {
    const figures = await measured()
    for (const [variant, found] of Object.entries(figures)) t.diagnostic(`${variant}: ${JSON.stringify(found)}`)
    scenario.claims(figures)
  })

  test(`${name}: the figures are those of the golden table`, async () => {
    const figures = await measured()
    const golden = readGolden(name)
    assert.deepEqual(Object.keys(figures), Object.keys(golden), `npm run simulate -- ${name} --golden writes the table`)
    for (const [variant, found] of Object.entries(figures)) {
      assert.deepEqual(differences(found, golden[variant] as (typeof golden)[string]), [], variant)
    }
  })
}
