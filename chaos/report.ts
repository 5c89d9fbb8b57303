import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Figures } from './figures.ts'
import type { Scenario } from './scenario.ts'

/** One line of the table. */
export interface Row {
  readonly scenario: Scenario
  readonly contender: string
  /** Why there are none, if there are none. */
  readonly figures: Figures | string
}

const head = ['contender', 'GETs lost', 'POSTs lost', 'p99 before', 'p99 during', 'attempts a call', 'left after', 'back after']

/** A line for a terminal. */
export function printRow({ scenario, contender, figures }: Row): string {
  if (typeof figures === 'string') return `${scenario.name.padEnd(15)} ${contender.padEnd(31)} left out: ${figures}`
  const [gets, posts, before, during, attempts, leftAfter, backAfter] = cells(figures)
  return `${scenario.name.padEnd(15)} ${contender.padEnd(31)} lost ${gets} GETs, ${posts} POSTs of ${figures.calls}; p99 ${before} -> ${during}; ${attempts} attempts a call; left ${leftAfter}, back ${backAfter}`
}

/** The page's part between its marks: a table and a picture for each scenario. */
export function writePage(rows: readonly Row[], how: string): void {
  const scenarios = [...new Set(rows.map(({ scenario }) => scenario))]
  const parts = scenarios.map((scenario) => {
    const lines = rows
      .filter((row) => row.scenario === scenario)
      .map(({ contender, figures }) =>
        typeof figures === 'string' ? [contender, `left out: ${figures}`, ...head.slice(2).map(() => '')] : [contender, ...cells(figures)],
      )
    return `### ${scenario.name}\n\n${scenario.title}\n\n${table(lines)}\n\n![Success and latency over time](chaos/${scenario.name}.svg)`
  })
  fill(join(import.meta.dirname, '..', 'docs', 'resilience.md'), [how, ...parts].join('\n\n'))
}

function cells(figures: Figures): string[] {
  return [
    `${figures.lostGets} (${percent(1 - figures.success)})`,
    `${figures.lostPosts} (${percent(1 - figures.postSuccess)})`,
    `${figures.healthyP99.toFixed(0)} ms`,
    `${figures.faultP99.toFixed(0)} ms`,
    figures.amplification.toFixed(2),
    time(figures.toEjectMs),
    time(figures.toReadmitMs),
  ]
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.001 ? 2 : 1)} %`
}

function time(ms: number | undefined): string {
  return ms === undefined ? '-' : `${(ms / 1_000).toFixed(1)} s`
}

function table(rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

function fill(path: string, content: string): void {
  const [begin, end] = ['<!-- chaos:begin -->', '<!-- chaos:end -->']
  const page = readFileSync(path, 'utf8')
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`${path}: expected the marks ${begin} and ${end}`)
  writeFileSync(path, `${page.slice(0, from + begin.length)}\n\n${content}\n\n${page.slice(to)}`)
}
