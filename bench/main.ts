// The benchmarks: `npm run bench -- --help`.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { type BenchCase, jobCases, textCases, type Way } from './catalogue.ts'
import { type Costs, measureCosts } from './costs/costs.ts'
import { openField } from './field.ts'
import { help, isWhole, readOptions } from './options.ts'
import { profileCase } from './profile.ts'
import { publish } from './publish.ts'
import { printCosts, printRows, type Result, writeResult } from './report.ts'
import { type Effort, type LeftOut, type Row, runRounds } from './rounds.ts'
import { printTargets } from './targets.ts'
import { type TurnEffort, type TurnsOf, takeTurns } from './turns.ts'

const root = join(import.meta.dirname, '..')
const options = readOptions(process.argv.slice(2))
if (options.help) {
  process.stdout.write(help)
  process.exit(0)
}
if (options.install) process.exit(spawnSync(join(root, 'scripts', 'install-bench.sh'), { stdio: 'inherit' }).status ?? 1)

const quickEffort: Effort = { rounds: 2, warmUpMs: 1_000, measureMs: 500 }
const fullEffort: Effort = { rounds: 4, warmUpMs: 1_500, warmUpCalls: 20_000, measureMs: 1_000 }
const usualTurns: TurnEffort = options.quick
  ? { casts: 1, turns: 8, warmUpMs: 1_000, measureMs: 250 }
  : { casts: 5, turns: 8, warmUpMs: 1_500, measureMs: 400 }
const turnEffort =
  options.measureMs === undefined ? usualTurns : { casts: 1, turns: 4, warmUpMs: options.measureMs, measureMs: options.measureMs }
const otherEffort: Effort = { rounds: 2, warmUpMs: 1_200, measureMs: 800 }

/**
 * Effort by number of callers: the one that the targets speak of gets the most. Half of the time is for warming up, because V8 compiles
 * on the client's core as well: after 0.6 s `undici.request` takes twice the time that it takes after 1.5 s, and the built-in fetch through a dispatcher
 * has made too few calls even then.
 */
function effortFor(callers: number): Effort {
  const usual = options.quick ? quickEffort : callers === 64 ? fullEffort : otherEffort
  const { measureMs } = options
  return measureMs === undefined ? usual : { ...usual, warmUpMs: measureMs, measureMs }
}

const quietly = process.stderr.isTTY === true
function say(line: string): void {
  process.stderr.write(quietly ? `\r\x1b[K${line}` : `${line}\n`)
}

function chosen(cases: readonly BenchCase[]): readonly BenchCase[] {
  return options.only.length === 0 ? cases : cases.filter(({ name }) => options.only.some((part) => name.includes(part)))
}

const texts = chosen(textCases)
const quickJobs = new Set(['headers', 'download', 'post'])
const jobs = options.jobs ? chosen(jobCases).filter(({ job }) => !options.quick || quickJobs.has(job)) : []
const ways = new Set<Way>(options.cases || options.turns ? [...texts, ...jobs].map(({ way }) => way) : ['straight'])
const field = await openField(ways, options.smallServer)
process.once('SIGINT', () => void field.close().then(() => process.exit(130)))

const rows: Row[] = []
const leftOut: LeftOut[] = []
let turns: readonly TurnsOf[] | undefined
let costs: Costs | undefined
const begunAt = performance.now()
try {
  if (options.profile !== undefined) {
    await profileCase(options.profile, options.callers[0] as number, field)
  } else {
    if (options.turns && options.callers.includes(64)) {
      turns = await takeTurns(texts, turnEffort, field, say).catch((error: Error) => {
        // The rest is worth measuring.
        say(`nothing was measured by turns: ${error.message}`)
        process.exitCode = 1
        return undefined
      })
    }
    if (options.cases) {
      for (const callers of options.callers) {
        const result = await runRounds(texts, callers, effortFor(callers), field, say)
        rows.push(...result.rows)
        leftOut.push(...result.leftOut)
      }
      const callers = options.callers.includes(64) ? 64 : (options.callers[0] as number)
      const { warmUpCalls: _, ...effortOfJobs } = effortFor(callers)
      const effort = { ...effortOfJobs, rounds: options.quick ? 1 : 2 }
      const result = await runRounds(jobs, callers, effort, field, say)
      rows.push(...result.rows)
      leftOut.push(...result.leftOut)
    }
    if (options.costs) {
      costs = await measureCosts(field, options.quick, say).catch((error: Error) => {
        // What was measured before it is worth keeping.
        say(`the costs were not measured: ${error.message}`)
        process.exitCode = 1
        return undefined
      })
    }
  }
} finally {
  await field.close()
}
if (quietly) process.stderr.write('\r\x1b[K')

// What was kept stays as it is.
if (options.keepsRest && turns === undefined && costs === undefined) process.exit(1)

if (options.profile === undefined) {
  const kept = options.keepsRest
    ? (JSON.parse(readFileSync(join(import.meta.dirname, 'results', 'full.json'), 'utf8')) as Result)
    : undefined
  const result: Result = {
    machine: {
      node: process.version,
      cores: availableParallelism(),
      processor: (cpus()[0]?.model ?? 'unknown').trim(),
      pinned: field.cores !== undefined,
      server: field.server,
    },
    quick: options.quick,
    seconds: Math.round((performance.now() - begunAt) / 1_000),
    rows,
    turns,
    leftOut: leftOut.filter(({ name }, i) => leftOut.findIndex((other) => other.name === name) === i),
    costs,
    ...(kept === undefined ? {} : { ...kept, turns: turns ?? kept.turns, costs: costs ?? kept.costs }),
  }
  printRows(result)
  if (costs !== undefined) printCosts(costs)
  writeResult(result, isWhole(options) ? 'full' : 'partial')
  if (options.publish) publish(result)
  printTargets(result)
  if (result.leftOut.some(({ failed }) => failed)) process.exitCode = 1
}
