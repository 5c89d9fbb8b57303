import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jobCases, otherJobs, textCases } from './catalogue.ts'
import type { Costs } from './costs/costs.ts'
import type { LeftOut, Row } from './rounds.ts'
import type { TurnsOf } from './turns.ts'

/** Everything that one run found out. */
export interface Result {
  readonly machine: {
    readonly node: string
    readonly cores: number
    readonly processor: string
    /** Whether clients had a core of their own. */
    readonly pinned: boolean
    readonly server: string
  }
  readonly quick: boolean
  readonly seconds: number
  readonly rows: readonly Row[]
  /** What the targets go by, of clients that took turns. */
  readonly turns?: readonly TurnsOf[] | undefined
  readonly leftOut: readonly LeftOut[]
  readonly costs: Costs | undefined
}

const columns = [
  'calls/s',
  'of fetch',
  'of request',
  'CPU us a call',
  'sidecar CPU us',
  'p50 ms',
  'p99 ms',
  'bytes a call',
  'GC',
  'server busy',
] as const

/** The rows of one number of callers as cells, the label first. */
export function cellsOf(row: Row): readonly string[] {
  const { median } = row
  return [
    row.label,
    Math.round(median.callsPerSecond).toLocaleString('en-US'),
    times(row.againstFetch),
    times(row.againstRequest),
    median.cpuUs.toFixed(median.cpuUs < 100 ? 1 : 0),
    median.sidecarCpuUs === undefined ? '' : median.sidecarCpuUs.toFixed(1),
    median.p50Ms.toFixed(2),
    median.p99Ms.toFixed(2),
    Math.round(median.bytesPerCall).toLocaleString('en-US'),
    `${(median.gcShare * 100).toFixed(1)} %`,
    median.serverShare === undefined ? '' : `${Math.round(median.serverShare * 100)} %`,
  ]
}

/** A ratio as people read it. */
export function times(ratio: number | undefined): string {
  return ratio === undefined ? '' : `${ratio.toFixed(2)}x`
}

/** Rows as a table in Markdown. */
export function markdownTable(rows: readonly Row[], first: string): string {
  const head = [first, ...columns]
  const cells = rows.map(cellsOf)
  const used = head.map((_, i) => i === 0 || cells.some((row) => row[i] !== ''))
  const line = (row: readonly string[]) => `| ${row.filter((_, i) => used[i]).join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...cells.map(line)].join('\n')
}

/** The groups of a result, each with its heading. */
export function groupsOf({ rows }: Result): { readonly title: string; readonly rows: readonly Row[] }[] {
  const texts = new Set(textCases.map(({ name }) => name))
  const callers = [...new Set(rows.map((row) => row.callers))]
  const groups = callers.map((count) => ({
    title: `GET, text(), ${count} ${count === 1 ? 'caller' : 'callers'}`,
    rows: rows.filter((row) => row.callers === count && texts.has(row.name)),
  }))
  for (const [job, title] of Object.entries(otherJobs)) {
    const names = new Set(jobCases.filter((each) => each.job === job).map(({ name }) => name))
    const found = rows.filter(({ name }) => names.has(name))
    groups.push({ title: `${title}, ${found[0]?.callers ?? 0} callers`, rows: found })
  }
  return groups.filter((group) => group.rows.length > 0)
}

/** Prints every group as a table that lines up. */
export function printRows(result: Result): void {
  const { machine, seconds } = result
  print(`Node ${machine.node}, ${machine.cores} cores, ${machine.processor}; server: ${machine.server}; ${seconds} s in all`)
  print(machine.pinned ? 'clients on core 0, servers and sidecars on core 1' : 'NOT PINNED: clients and servers share cores')
  for (const group of groupsOf(result)) {
    print(`\n${group.title}`)
    printTable([['', ...columns], ...group.rows.map(cellsOf)].map((row) => row.map(plain)))
  }
  if (result.leftOut.length > 0) print('\nLeft out:')
  for (const { label, reason, failed } of result.leftOut) print(`  ${plain(label)}: ${failed ? 'FAILED: ' : ''}${reason}`)
}

/** Prints what cannot be told in calls. */
export function printCosts(costs: Costs): void {
  for (const { title, rows } of costs.tables) {
    print(`\n${title}`)
    printTable(rows)
  }
}

/** Prints cells in columns; the first is left-aligned, the others right. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)))
  for (const row of rows) {
    const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
    print(`  ${cells.join('  ').trimEnd()}`)
  }
}

/** A label without its Markdown. */
export function plain(label: string): string {
  return label.replaceAll('**', '').replaceAll('`', '')
}

/** Keeps a result where others can read it. */
export function writeResult(result: Result, name: string): void {
  const folder = join(import.meta.dirname, 'results')
  mkdirSync(folder, { recursive: true })
  const rounded = JSON.stringify(result, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value), 2)
  writeFileSync(join(folder, `${name}.json`), `${rounded}\n`)
  print(`\nwritten: bench/results/${name}.json`)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
