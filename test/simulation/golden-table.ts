import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scenarios } from './scenarios/index.ts'
import { type Figures, figuresOf, runVariant } from './scenarios/scenario.ts'

/** The figures of a scenario by variant. */
export type GoldenTable = Readonly<Record<string, Figures>>

const folder = join(import.meta.dirname, 'golden')

/** Seeds of golden tables. */
export const goldenSeeds: readonly number[] = [1, 2, 3, 4, 5]

/** The figures of a scenario, by variant. */
export async function measure(name: string): Promise<GoldenTable> {
  const { scenario } = await (scenarios[name] as (typeof scenarios)[string])()
  const table: Record<string, Figures> = {}
  for (const [variant, options] of Object.entries(scenario.variants)) {
    table[variant] = figuresOf(await runVariant(options, goldenSeeds), scenario)
  }
  return table
}

/** Keeps the figures of a scenario. @returns the path of the file */
export function writeGolden(name: string, table: GoldenTable): string {
  const path = join(folder, `${name}.json`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path, `${JSON.stringify(table, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value), 2)}\n`)
  return path
}

/** The figures that were kept. */
export function readGolden(name: string): GoldenTable {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
}

/** How far a figure may be from the golden one: a part of it, and something beside that. */
const tolerances = {
  failed: [0.2, 0.003],
  attempts: [0.02, 0],
  meanMs: [0.15, 1],
  p50Ms: [0.1, 1],
  p90Ms: [0.15, 2],
  p99Ms: [0.25, 5],
  share: [0.2, 0.003],
}

/** What differs by more than chance explains, as sentences. */
export function differences(found: Figures, golden: Figures): string[] {
  const all = (figures: Figures): [string, number, keyof typeof tolerances][] => [
    ...(['failed', 'attempts', 'meanMs', 'p50Ms', 'p90Ms', 'p99Ms'] as const).map((key): [string, number, typeof key] => [
      key,
      figures[key],
      key,
    ]),
    ...Object.entries(figures.shares).map(([name, share]): [string, number, 'share'] => [`share of ${name}`, share, 'share']),
  ]
  const expected = new Map(all(golden).map(([name, value]) => [name, value]))
  return all(found).flatMap(([name, value, kind]) => {
    const wanted = expected.get(name) ?? Number.NaN
    const [part, beside] = tolerances[kind] as [number, number]
    return Math.abs(value - wanted) <= part * wanted + beside ? [] : [`${name}: ${value} instead of ${wanted}`]
  })
}
