// npm run chaos [-- --short] [--scenario name] [--contender name] [--seed n] [--publish]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type TemporaryFolder, temporaryFolder } from '../test/servers/server-kit.ts'
import { brokenClaims } from './broken-claims.ts'
import { contenders, ours } from './contenders.ts'
import { figuresOf } from './figures.ts'
import { ownNetwork } from './packets.ts'
import { drawScenario } from './picture.ts'
import { printRow, type Row, writePage } from './report.ts'
import type { RunRecord, RunResult } from './run-record.ts'
import type { Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    publish: { type: 'boolean', default: false },
    scenario: { type: 'string' },
    contender: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
})
const seconds = 16
const root = join(import.meta.dirname, '..')

function chosen<T>(all: readonly T[], wanted: string | undefined, nameOf: (one: T) => string): readonly T[] {
  const some = all.filter((one) => wanted === undefined || nameOf(one) === wanted)
  if (some.length === 0) throw new RangeError(`chaos: expected one of ${all.map(nameOf).join(', ')}; got ${wanted}`)
  return some
}

/** A process of its own for each run: a contender that leaves something behind keeps its process alive, and is found out. */
async function runApart(scenario: Scenario, contender: string, folder: TemporaryFolder): Promise<RunResult> {
  const network = scenario.dropsPackets ? ownNetwork() : []
  if (network === undefined) return { notHere: 'dropping packets needs nft and the right to make a network namespace' }
  const file = join(folder.path, 'record.json')
  const program = [process.execPath, '--import', './scripts/from-source.ts', 'chaos/run-one.ts']
  const whole: readonly string[] = [...network, ...program, scenario.name, contender, String(seconds), options.seed, file]
  const [command = '', ...args] = whole
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: (seconds + 30) * 1_000,
    killSignal: 'SIGKILL',
  })
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  if (code !== 0) throw new Error(`chaos: ${scenario.name} with ${contender} ended with ${code ?? signal}`)
  return JSON.parse(await readFile(file, 'utf8')) as RunResult
}

const rows: Row[] = []
const broken: string[] = []
const names = options.short ? [ours] : chosen([...contenders.keys()], options.contender, (name) => name)
for (const scenario of chosen(scenarios, options.scenario, ({ name }) => name)) {
  const records: RunRecord[] = []
  for (const contender of names) {
    const folder = await temporaryFolder()
    const result = await runApart(scenario, contender, folder).finally(() => folder.remove())
    const figures = 'notHere' in result ? result.notHere : figuresOf(result, scenario)
    const row = { scenario, contender, figures }
    rows.push(row)
    process.stdout.write(`${printRow(row)}\n`)
    if ('notHere' in result || typeof figures === 'string') continue
    records.push(result)
    if (contender !== ours) continue
    for (const claim of brokenClaims(figures, scenario.claims)) broken.push(`${scenario.name}: ${claim}`)
  }
  if (options.publish && records.length > 0) {
    mkdirSync(join(root, 'docs', 'chaos'), { recursive: true })
    writeFileSync(join(root, 'docs', 'chaos', `${scenario.name}.svg`), drawScenario(scenario.title, records))
  }
}
if (options.publish) {
  const how = `Six servers, ${seconds} seconds a run, 150 calls a second of which a fifth are POSTs, the fault from ${(seconds * 0.2).toFixed(1)} s to ${(seconds * 0.5).toFixed(1)} s; seed ${options.seed}.`
  writePage(rows, how)
}
for (const claim of broken) process.stdout.write(`claim not kept: ${claim}\n`)
process.stdout.write(`\nchaos: ${rows.length} runs, ${broken.length} claims not kept\n`)
process.exitCode = broken.length === 0 ? 0 : 1
