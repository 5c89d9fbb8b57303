import type { SimulationResult } from './simulation-result.ts'

/** What {@link simulationTable} and `simulationSvg` show beside what they show anyway. */
export interface SimulationView {
  /** Names of servers whose shares are of interest. @defaultValue none */
  readonly watch?: readonly string[] | undefined
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`
}

function ms(value: number): string {
  if (Number.isNaN(value)) return '-'
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)
}

/**
 * Lines up rows of text.
 *
 * @param rows the first one is the heading; the first column is flush left, the others flush right.
 */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const lines = rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '),
  )
  return [lines[0], widths.map((width) => '-'.repeat(width)).join('  '), ...lines.slice(1)].join('\n')
}

/**
 * Results of simulations side by side, as text: a row for each, latencies in milliseconds.
 *
 * @param results by what each one is of, such as the balancer.
 * @param view see {@link SimulationView}.
 */
export function simulationTable(results: Readonly<Record<string, SimulationResult>>, { watch = [] }: SimulationView = {}): string {
  const heading = ['', 'calls', 'failed', 'attempts a call', 'mean', 'p50', 'p90', 'p99', 'p99.9', 'least share', 'largest share', ...watch]
  const rows = Object.entries(results).map(([name, { calls, failed, attempts, latency, servers }]) => [
    name,
    String(calls),
    percent(failed / Math.max(1, calls)),
    (attempts / Math.max(1, calls)).toFixed(3),
    ms(latency.meanMs),
    ...[0.5, 0.9, 0.99, 0.999].map((share) => ms(latency.quantileMs(share))),
    percent(Math.min(...servers.map(({ share }) => share))),
    percent(Math.max(...servers.map(({ share }) => share))),
    ...watch.map((wanted) => percent(servers.find((server) => server.name === wanted)?.share ?? 0)),
  ])
  return textTable([heading, ...rows])
}
