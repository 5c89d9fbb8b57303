// Lets a real Envoy and a mesh do the same tasks, and writes what came of it into docs/envoy-comparison.md.
import { fill } from '../bench/publish.ts'
import { Field } from '../test/integration/envoy-parity/field.ts'
import { type HashFigures, hashFigures } from '../test/integration/envoy-parity/hash-figures.ts'
import { hashScenarios } from '../test/integration/envoy-parity/hash-scenarios.ts'
import { shareScenarios } from '../test/integration/envoy-parity/share-scenarios.ts'
import { disagreements, sharesOf } from '../test/integration/envoy-parity/shares.ts'
import { distanceBetween } from '../test/integration/envoy-parity/tolerance.ts'
import { findEnvoy } from '../test/servers/envoy.ts'

const program = findEnvoy()
if (program === undefined) throw new Error('Envoy is not installed; scripts/install-envoy.sh installs it')

const field = await Field.open(program, [...shareScenarios, ...hashScenarios.flatMap(({ before, after }) => [before, after])])
const shareRows: string[][] = []
const hashRows: string[][] = []
try {
  for (const scenario of shareScenarios) {
    const shares = sharesOf(scenario, await field.run(scenario))
    const { groups, meant, envoy, mesh } = shares
    const percents = (counts: readonly number[]) => counts.map((count) => ((100 * count) / scenario.calls).toFixed(1)).join(' / ')
    const apart = scenario.differs === undefined ? distanceBetween(envoy, mesh).toFixed(2) : 'meant to differ'
    const byArithmetic = meant?.map((share) => Number((100 * share).toFixed(2))).join(' / ') ?? ''
    const calls = scenario.calls.toLocaleString('en-US')
    shareRows.push([scenario.title, groups.join(' / '), calls, byArithmetic, percents(envoy), percents(mesh), apart])
    const problems = disagreements(scenario, shares)
    if (problems.length > 0) throw new Error(`${scenario.title}: ${problems.join('; ')}`)
  }
  for (const scenario of hashScenarios) {
    const { envoy, mesh } = hashFigures(scenario, await field.run(scenario.before), await field.run(scenario.after))
    const percents = (count: (figures: HashFigures) => number) => [envoy, mesh].map((side) => `${(100 * count(side)).toFixed(1)} %`)
    hashRows.push([
      scenario.title,
      ...percents(({ spread }) => spread),
      ...percents(({ moved, keys }) => moved / keys),
      ...percents(({ needless, keys }) => needless / keys),
    ])
  }
} finally {
  await field.close()
}

const shareHead = ['task', 'groups', 'calls', 'by arithmetic, %', 'Envoy, %', 'proxyless, %', 'apart']
const hashHead = ['task', 'spread: Envoy', 'proxyless', 'keys that move: Envoy', 'proxyless', 'needlessly: Envoy', 'proxyless']
fill('docs/envoy-comparison.md', 'shares', table(shareHead, shareRows))
fill('docs/envoy-comparison.md', 'hashing', table(hashHead, hashRows))

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
