import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawChart } from './chart.ts'
import { cellsOf, groupsOf, markdownTable, plain, type Result } from './report.ts'
import { checkTargets } from './targets.ts'

const root = join(import.meta.dirname, '..')

/** Puts a result where people read it: between the marks in README.md and docs/performance.md, and into the chart. */
export function publish(result: Result): void {
  fill('docs/performance.md', 'targets', table(['measure', 'target', 'measured', ''], checkTargets(result)))
  const costs = result.costs?.tables.map(({ title, rows: [head, ...rows] }) => `### ${title}\n\n${table(head ?? [], rows)}`) ?? []
  if (costs.length > 0) fill('docs/performance.md', 'costs', costs.join('\n\n'))
  if (result.rows.length === 0) return
  const texts = groupsOf(result).find(({ rows }) => rows[0]?.callers === 64)?.rows ?? []
  writeFileSync(join(root, 'bench', 'results', 'chart.svg'), drawChart(texts, machineLine(result)))
  fill('README.md', 'bench', `${machineLine(result)}\n\n${shortTable(texts.map(cellsOf))}`)
  const groups = groupsOf(result).map(({ title, rows }) => `### ${title}\n\n${markdownTable(rows, 'client')}`)
  const leftOut = result.leftOut.map(({ label, reason }) => `- ${plain(label)}: ${reason}`)
  fill(
    'docs/performance.md',
    'rows',
    [machineLine(result), ...groups, ...(leftOut.length > 0 ? ['Left out:', leftOut.join('\n')] : [])].join('\n\n'),
  )
}

function machineLine({ machine }: Result): string {
  const where = machine.pinned ? 'clients pinned to one core, servers and sidecars to the other' : 'not pinned'
  return `Node ${machine.node}, ${machine.cores} cores of a shared virtual machine (${machine.processor}), ${where}; server: ${machine.server}.`
}

/** What a reader in a hurry wants to know: the first columns, and the latencies. */
function shortTable(rows: readonly (readonly string[])[]): string {
  const short = rows.map(([label, rate, ofFetch, ofRequest, cpu, sidecar, p50, p99]) => [
    label ?? '',
    rate ?? '',
    ofFetch ?? '',
    ofRequest ?? '',
    sidecar === '' ? (cpu ?? '') : `${cpu} + ${sidecar}`,
    p50 ?? '',
    p99 ?? '',
  ])
  return table(['GET, `text()`, 64 callers', 'calls/s', 'of `fetch`', 'of `undici.request`', 'CPU us a call', 'p50 ms', 'p99 ms'], short)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

/** Puts text between two marks of a page. */
export function fill(file: string, mark: string, content: string): void {
  const path = join(root, file)
  const [begin, end] = [`<!-- ${mark}:begin -->`, `<!-- ${mark}:end -->`]
  const page = readFileSync(path, 'utf8')
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`${file}: expected the marks ${begin} and ${end}`)
  writeFileSync(path, `${page.slice(0, from + begin.length)}\n\n${content}\n\n${page.slice(to)}`)
}
