import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { BenchCase } from './catalogue.ts'
import type { Field } from './field.ts'
import type { Measured } from './measure.ts'
import type { Answer, Assignment } from './run-case.ts'

/** What a case came to at one number of callers. */
export interface Row extends BenchCase {
  readonly callers: number
  /** The median of the rounds, figure by figure. */
  readonly median: Measured
  /** Medians of what each round said against the same round of the other. */
  readonly againstFetch: number | undefined
  readonly againstRequest: number | undefined
  readonly rounds: readonly Measured[]
}

/** A case that could not be measured, and why. */
export interface LeftOut {
  readonly name: string
  readonly label: string
  readonly reason: string
  /** Whether it should have worked. */
  readonly failed: boolean
}

/** How long and how often. */
export interface Effort {
  readonly rounds: number
  readonly warmUpMs: number
  /** See `MeasureOptions`. */
  readonly warmUpCalls?: number
  readonly measureMs: number
}

/**
 * Measures cases in rounds, A B C A B C and not A A B B C C: the machine drifts, and what is compared must have seen the same of it.
 */
export async function runRounds(
  cases: readonly BenchCase[],
  callers: number,
  effort: Effort,
  field: Field,
  say: (line: string) => void,
): Promise<{ readonly rows: Row[]; readonly leftOut: LeftOut[] }> {
  const measured = new Map<BenchCase, Measured[]>()
  const leftOut = new Map<BenchCase, LeftOut>()
  for (let round = 1; round <= effort.rounds; round += 1) {
    for (const each of cases) {
      if (leftOut.has(each)) continue
      const answer = await runCase(each, callers, effort, field)
      if (answer.kind === 'measured') {
        const { callsPerSecond, cpuUs } = answer.measured
        say(`${callers} callers, round ${round}: ${each.name} ${Math.round(callsPerSecond)}/s, ${cpuUs.toFixed(1)} us`)
        measured.set(each, [...(measured.get(each) ?? []), answer.measured])
      } else {
        leftOut.set(each, { name: each.name, label: each.label, reason: answer.reason, failed: answer.kind === 'failed' })
        say(`${callers} callers: ${each.name} left out: ${answer.reason}`)
      }
    }
  }
  const kept = [...measured].filter(([each]) => !leftOut.has(each))
  const byName = new Map(kept.map(([each, rounds]) => [each.name, rounds]))
  const rows = kept.map(([each, rounds]): Row => {
    const suffix = each.job === 'text' ? '' : `:${each.job}`
    const against = (name: string) => ratio(rounds, byName.get(`${name}${suffix}`), ({ callsPerSecond }) => callsPerSecond)
    return {
      ...each,
      callers,
      median: medianOf(rounds),
      againstFetch: against('built-in-fetch'),
      againstRequest: against('undici-request'),
      rounds,
    }
  })
  return { rows, leftOut: [...leftOut.values()] }
}

/** The median of the ratios of a figure, round by round. */
export function ratio(
  rounds: readonly Measured[] | undefined,
  base: readonly Measured[] | undefined,
  figure: (measured: Measured) => number,
): number | undefined {
  if (rounds === undefined || base === undefined) return undefined
  const ratios = rounds.flatMap((round, i) => {
    const other = base[i]
    return other === undefined ? [] : [figure(round) / figure(other)]
  })
  return ratios.length === 0 ? undefined : median(ratios)
}

/** The middle one; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2
}

function medianOf(rounds: readonly Measured[]): Measured {
  const names = Object.keys(rounds[0] as Measured) as (keyof Measured)[]
  const entries = names.map((name) => {
    const values = rounds.map((round) => round[name]).filter((value) => value !== undefined)
    return [name, values.length === 0 ? undefined : median(values)]
  })
  return Object.fromEntries(entries) as Measured
}

/** What a profile asks of a case. */
export interface Probe {
  readonly nodeArgs?: readonly string[]
  readonly allocationsTo?: string
}

/** Runs one case once, in a process of its own on the clients' core. */
export async function runCase(each: BenchCase, callers: number, effort: Effort, field: Field, probe: Probe = {}): Promise<Answer> {
  const destination = field.ways[each.way]
  if (destination === undefined) return { kind: 'absent', reason: field.missing[each.way] ?? 'its server is not here' }
  const { warmUpMs, warmUpCalls, measureMs } = effort
  const assignment: Assignment = {
    client: each.client,
    job: each.job,
    callers,
    warmUpMs,
    warmUpCalls,
    measureMs,
    ...destination,
    allocationsTo: probe.allocationsTo,
  }
  const args = [...(probe.nodeArgs ?? []), join(import.meta.dirname, 'run-case.ts'), JSON.stringify(assignment)]
  const printed = await runPinned(args, field.cores?.client, 4 * warmUpMs + measureMs + 20_000)
  const last = printed.trimEnd().split('\n').at(-1) ?? ''
  return last.startsWith('{') ? (JSON.parse(last) as Answer) : { kind: 'failed', reason: `it printed no result: ${printed.slice(-500)}` }
}

/** Runs Node on one core, and answers with what it printed. */
export async function runPinned(args: readonly string[], core: number | undefined, withinMs: number): Promise<string> {
  const [command, ...rest] = core === undefined ? [process.execPath, ...args] : ['taskset', '-c', String(core), process.execPath, ...args]
  const child = spawn(command as string, rest, { stdio: ['ignore', 'pipe', 'pipe'], timeout: withinMs })
  const [out, complaints] = await Promise.all([text(child.stdout), text(child.stderr)])
  return out === '' ? complaints : out
}
