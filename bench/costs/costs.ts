import { join } from 'node:path'
import type { Field } from '../field.ts'
import { median, runPinned } from '../rounds.ts'
import { strategyTables } from './strategy-tables.ts'
import { trafficTables } from './traffic-tables.ts'

/** What cannot be told in calls: tables of words and numbers, the heading in the first row of each. */
export interface Costs {
  readonly tables: readonly CostTable[]
  /** What promises are made about. */
  readonly figures: Figures
}

/** One of the tables. */
export interface CostTable {
  readonly title: string
  readonly rows: readonly (readonly string[])[]
}

/** Figures by name, as a program of this folder prints them. */
export type Figures = Readonly<Record<string, number>>

/** Measures import, build, first call, idle endpoints, picks and updates, each in processes of their own. */
export async function measureCosts(field: Field, quick: boolean, say: (line: string) => void): Promise<Costs> {
  const core = field.cores?.client
  const [url] = field.ways.straight?.urls ?? []
  /** Runs a program several times, and takes the median of each figure. */
  const run: Run = async (program, input, times, cores = 'one') => {
    say(`costs: ${program} ${Object.values(input).join(' ')}`)
    const runs: Figures[] = []
    for (let i = 0; i < times; i += 1) {
      const file = join(import.meta.dirname, `${program}.ts`)
      const printed = await runPinned(['--expose-gc', file, JSON.stringify(input)], cores === 'one' ? core : undefined, 120_000)
      const last = printed.trimEnd().split('\n').at(-1) ?? ''
      if (!last.startsWith('{')) throw new Error(`${program}: ${printed.slice(-500)}`)
      runs.push(JSON.parse(last) as Figures)
    }
    return Object.fromEntries(
      Object.keys(runs[0] as Figures).map((name) => [name, median(runs.map((figures) => figures[name] ?? Number.NaN))]),
    )
  }
  const times = quick ? 3 : 7
  const figures: Record<string, number> = {}
  const tables = [
    await importTable(run, times),
    await startTable(run, times, url as string),
    await idleTable(run, quick, figures),
    await setTable(run, quick, figures),
    await countedTable(run, times),
    ...(await strategyTables(run, quick)),
    await splitTable(run, quick),
    await telemetryTable(run, quick, url as string),
    await adminTable(run, quick),
    ...(await trafficTables(run, quick)),
  ]
  return { tables, figures }
}

/**
 * Runs a program of this folder several times, on one core, or on all where it matters that V8 compiles and collects garbage beside it; the median of
 * each figure.
 */
export type Run = (program: string, input: object, times: number, cores?: 'one' | 'all') => Promise<Figures>

async function importTable(run: Run, times: number): Promise<CostTable> {
  const rows = [['', 'ms', 'MB of RSS']]
  for (const specifier of ['proxyless', 'undici']) {
    const { ms, mb } = await run('import', { specifier }, times)
    rows.push([specifier, fixedTo(ms, 0), fixedTo(mb, 1)])
  }
  return { title: 'Import, in a fresh process', rows }
}

async function startTable(run: Run, times: number, url: string): Promise<CostTable> {
  const mesh = await run('start', { url, client: 'mesh' }, times)
  const builtIn = await run('start', { url, client: 'fetch' }, times)
  return {
    title: 'Build and first call, in a fresh process',
    rows: [
      ['', 'ms'],
      ['the first build()', fixedTo(mesh.firstBuildMs, 2)],
      ['every later build() of one service', fixedTo(mesh.laterBuildMs, 3)],
      ['the first net.fetch, connection included', fixedTo(mesh.firstCallMs, 1)],
      ['the first built-in fetch, loading it included', fixedTo(builtIn.firstCallMs, 1)],
      ['the second net.fetch', fixedTo(mesh.secondCallMs, 2)],
      ['the second built-in fetch', fixedTo(builtIn.secondCallMs, 2)],
    ],
  }
}

async function idleTable(run: Run, quick: boolean, kept: Record<string, number>): Promise<CostTable> {
  const idleMs = quick ? 500 : 3_000
  const never = await run('idle', { client: 'mesh', endpoints: 10_000, call: false, idleMs }, 1)
  const called = await run('idle', { client: 'mesh', endpoints: 1_000, call: true, idleMs }, 1)
  const client = await run('idle', { client: 'client', endpoints: 1_000, call: true, idleMs }, 1)
  const agent = await run('idle', { client: 'agent', endpoints: 1_000, call: true, idleMs }, 1)
  kept.idleBytesEach = never.heapBytesEach ?? Number.NaN
  kept.idleTimers = never.timers ?? Number.NaN
  const row = (title: string, figures: Figures) => [
    title,
    fixedTo(figures.heapBytesEach, 0),
    fixedTo(figures.rssBytesEach, 0),
    fixedTo(figures.timers, 0),
    `${fixedTo((figures.idleShare ?? Number.NaN) * 100, 2)} %`,
  ]
  return {
    title: 'Idle endpoints',
    rows: [
      ['', 'bytes of heap each', 'bytes of RSS each', 'timers in all', 'CPU while idle'],
      row('10,000 known and never called', never),
      row('1,000 called once, each with an idle connection', called),
      row('the same as 1,000 undici Clients, nothing around them', client),
      row('the same as 1,000 origins of an undici Agent', agent),
    ],
  }
}

async function countedTable(run: Run, times: number): Promise<CostTable> {
  const rows = [['', 'ns', 'bytes']]
  const add = async (title: string, input: object) => {
    const { ns, bytes } = await run('counted', input, times)
    rows.push([title, fixedTo(ns, 0), fixedTo(bytes, 0)])
  }
  await add('like the one before it', { of: 'attempt', otel: false, methods: 1 })
  await add('of four methods in turn', { of: 'attempt', otel: false, methods: 4 })
  await add('like the one before it, recorded by OpenTelemetry too', { of: 'attempt', otel: true, methods: 1 })
  await add('a whole call, like the one before it', { of: 'call', otel: false, methods: 1 })
  await add('a whole call, recorded by OpenTelemetry too', { of: 'call', otel: true, methods: 1 })
  return { title: 'Counting an attempt, and a call, for metrics', rows }
}

async function setTable(run: Run, quick: boolean, kept: Record<string, number>): Promise<CostTable> {
  const rows = [
    ['endpoints', 'pick, ns', 'bytes a pick', 'first answer, ms', 'same answer, ms', '1 % replaced, ms', 'next pick after it, ms'],
  ]
  for (const endpoints of [10, 1_000, 10_000, 100_000]) {
    const figures = await run('endpoint-set', { endpoints }, quick ? 1 : 3)
    if (endpoints === 10_000) {
      kept.updateMs = Math.max(figures.sameMs ?? Number.NaN, figures.replacedMs ?? Number.NaN)
      kept.pickNs = figures.pickNs ?? Number.NaN
    }
    rows.push([
      endpoints.toLocaleString('en-US'),
      fixedTo(figures.pickNs, 0),
      fixedTo(figures.pickBytes, 0),
      fixedTo(figures.firstMs, 3),
      fixedTo(figures.sameMs, 3),
      fixedTo(figures.replacedMs, 3),
      fixedTo(figures.nextPickMs, 3),
    ])
  }
  return { title: 'A pick of powerOfTwo(inFlight()), and an update of the endpoint set', rows }
}

async function splitTable(run: Run, quick: boolean): Promise<CostTable> {
  const rows = [['', 'ns', 'bytes']]
  for (const sticky of [false, true]) {
    const { ns, bytes } = await run('split-draw', { sticky }, quick ? 1 : 3)
    rows.push([sticky ? 'by the hash of a header' : 'by chance', fixedTo(ns, 0), fixedTo(bytes, 0)])
  }
  return { title: 'A version drawn for a call, and its candidates', rows }
}

async function telemetryTable(run: Run, quick: boolean, url: string): Promise<CostTable> {
  const cases: readonly (readonly [string, object])[] = [
    ['no SDK', { mode: 'none' }],
    ['no SDK, a line of JSON for each call', { mode: 'access-log' }],
    ['an SDK 2, not sampled', { mode: 'unsampled', line: 2 }],
    ['an SDK 3, not sampled', { mode: 'unsampled' }],
    ['SDK 2: recorded, exported in batches', { mode: 'recorded', line: 2 }],
    ['SDK 3: recorded, exported in batches', { mode: 'recorded' }],
    ['the same over a socket', { mode: 'recorded', url: `${url}/text` }],
    ['SDK 3: recorded, held, and dropped at the end of the trace', { mode: 'dropped' }],
    ['SDK 3: recorded, in no span: one of the call, one of the attempt', { mode: 'alone' }],
  ]
  const rows = [['', 'telemetry: false, CPU us a call', 'with it', 'more', 'of it the SDK, for a span', 'ratio']]
  for (const [title, input] of cases) {
    const found = await run('telemetry', { ...input, slices: quick ? 15 : 60 }, quick ? 1 : 3)
    const { offUs, onUs, more, sdkUs, ratio } = found
    const traced = !title.startsWith('no SDK')
    rows.push([
      title,
      fixedTo(offUs, 2),
      fixedTo(onUs, 2),
      fixedTo(more, 2),
      ...(traced ? [fixedTo(sdkUs, 2), `${fixedTo(ratio, 2)}x`] : ['', '']),
    ])
  }
  return { title: 'Recording a call: in the span of a request, without a wire', rows }
}

async function adminTable(run: Run, quick: boolean): Promise<CostTable> {
  const modes = { off: 'no admin page', nobody: 'a page that nobody looks at', viewer: 'one viewer: a frame each second' }
  const rows = [['', 'CPU us a call', 'of without']]
  let without = Number.NaN
  for (const [mode, title] of Object.entries(modes)) {
    const { cpuUs = Number.NaN } = await run('admin-page', { mode, ms: quick ? 1_000 : 5_000 }, quick ? 3 : 7)
    if (mode === 'off') without = cpuUs
    rows.push([title, fixedTo(cpuUs, 2), `${fixedTo(cpuUs / without, 2)}x`])
  }
  return { title: 'The admin page, of a call that has no wire, with two services of 20 endpoints', rows }
}

/** A number with so many digits after the point. */
export function fixedTo(value: number | undefined, digits: number): string {
  return (value ?? Number.NaN).toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
