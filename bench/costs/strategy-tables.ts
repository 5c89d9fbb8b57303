import { type CostTable, type Figures, fixedTo, type Run } from './costs.ts'
import { strategies } from './strategies.ts'

const sizes = [10, 1_000, 10_000, 100_000]
const headings = ['strategy', ...sizes.map((size) => size.toLocaleString('en-US'))]

/** Picks of every strategy, what is prepared for them, and the memory that takes. */
export async function strategyTables(run: Run, quick: boolean): Promise<readonly CostTable[]> {
  const [picks, bytes, builds, memory]: [string[][], string[][], string[][], string[][]] = [[headings], [headings], [headings], [headings]]
  for (const strategy of Object.keys(strategies)) {
    const figures: Figures[] = []
    for (const endpoints of sizes) figures.push(await run('picks', { strategy, endpoints }, quick ? 1 : 3))
    const row = (name: string, digits: number) => [strategy, ...figures.map((each) => fixedTo(each[name], digits))]
    picks.push(row('pickNs', 0))
    bytes.push(row('pickBytes', 0))
    builds.push(row('buildMs', 2))
    memory.push(row('bytesEach', 0))
  }
  const stalls: string[][] = [headings]
  for (const strategy of ['ringHash({ hashOn })', 'maglev({ hashOn })']) {
    const figures: Figures[] = []
    for (const endpoints of sizes) figures.push(await run('table-stalls', { strategy, endpoints }, quick ? 1 : 5, 'all'))
    stalls.push([
      strategy,
      ...figures.map((each) => `${fixedTo(each.stallMs, 1)} (${fixedTo(each.firstMs, 1)}, ${fixedTo(each.firstWaitMs, 0)})`),
    ])
  }
  return [
    { title: 'A pick, in ns, by the number of endpoints', rows: picks },
    { title: 'What a pick allocates, in bytes', rows: bytes },
    { title: 'A picker and its first pick, after an update of the endpoint set, in ms', rows: builds },
    {
      title:
        'How long the loop stands still at most while a table is made anew, in ms (in brackets: for the first one of a process, and how long a call waits that comes at once)',
      rows: stalls,
    },
    { title: 'Memory of a picker for each endpoint, in bytes', rows: memory },
  ]
}
