// Runs a scenario of test/simulation/scenarios, prints a table, and draws it: npm run simulate -- slow-endpoint [--seeds 5] [--out file.svg] [--golden]
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { type SimulationResult, simulationSvg, simulationTable } from '../src/testing/index.ts'
import { writeGolden } from '../test/simulation/golden-table.ts'
import { scenarios } from '../test/simulation/scenarios/index.ts'
import { type Figures, figuresOf, runVariant } from '../test/simulation/scenarios/scenario.ts'

const root = join(import.meta.dirname, '..')
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '5' },
    out: { type: 'string' },
    golden: { type: 'boolean', default: false },
  },
})

const [name] = positionals
const load = name === undefined ? undefined : scenarios[name]
if (load === undefined) {
  if (name !== undefined) console.error(`There is no scenario ${JSON.stringify(name)}.\n`)
  console.log('npm run simulate -- <scenario> [--seeds 5] [--out file.svg] [--golden]\n')
  for (const [each, loadEach] of Object.entries(scenarios)) console.log(`  ${each.padEnd(20)} ${(await loadEach()).scenario.title}`)
  process.exit(name === undefined ? 0 : 1)
}

const count = Number(values.seeds)
if (!Number.isInteger(count) || count < 1) throw new TypeError(`--seeds: expected a whole number of at least 1, got ${values.seeds}`)
const seeds = Array.from({ length: count }, (_, i) => i + 1)
const { scenario } = await load()
console.log(`${scenario.title}\n${scenario.about}\n`)

const first: Record<string, SimulationResult> = {}
const figures: Record<string, Figures> = {}
let calls = 0
const began = performance.now()
for (const [variant, options] of Object.entries(scenario.variants)) {
  const results = await runVariant(options, seeds)
  first[variant] = results[0] as SimulationResult
  figures[variant] = figuresOf(results, scenario)
  calls += results.reduce((sum, result) => sum + result.calls, 0)
}
const seconds = (performance.now() - began) / 1_000

console.log(`Seed 1, times in milliseconds:\n\n${simulationTable(first, { watch: scenario.watch })}\n`)
console.log(`Means of ${count} seeds:`)
console.table(
  Object.fromEntries(
    Object.entries(figures).map(([variant, { shares, ...rest }]) => {
      const rounded = Object.entries({ ...rest, ...shares }).map(([key, value]) => [key, Number(value.toPrecision(4))])
      return [variant, Object.fromEntries(rounded)]
    }),
  ),
)
const out = values.out ?? join(root, 'docs/simulation', `${name}.svg`)
mkdirSync(dirname(out), { recursive: true })
writeFileSync(out, simulationSvg(first, { title: scenario.title, watch: scenario.watch }))
console.log(`${calls} calls in ${seconds.toFixed(1)} s, ${Math.round(calls / seconds)} a second; drawn in ${relative(process.cwd(), out)}`)
scenario.claims(figures)
if (values.golden) console.log(`Golden table written: ${relative(process.cwd(), writeGolden(name as string, figures))}`)
