import type { Result } from './report.ts'
import { printTable } from './report.ts'
import { type Row, ratio } from './rounds.ts'

/** A promise that this bench can check. */
interface Target {
  readonly measure: string
  readonly target: string
  /** What was measured, and whether it is enough; `undefined` when a case that it needs was not measured. */
  readonly check: (find: (name: string) => Row | undefined) => { readonly measured: number; readonly met: boolean } | undefined
}

function atLeast(limit: number, name: string, base: string): Target['check'] {
  return (find) => {
    const measured = ratio(find(name)?.rounds, find(base)?.rounds, ({ callsPerSecond }) => callsPerSecond)
    return measured === undefined ? undefined : { measured, met: measured >= limit }
  }
}

function cpuAtMost(limit: number, name: string, base: string): Target['check'] {
  return (find) => {
    const all = (row: Row['median']) => row.cpuUs + (row.sidecarCpuUs ?? 0)
    const measured = ratio(find(name)?.rounds, find(base)?.rounds, all)
    return measured === undefined ? undefined : { measured, met: measured <= limit }
  }
}

const targets: readonly Target[] = [
  { measure: 'net.fetch + text() / built-in fetch, calls/s', target: '>= 4.0x', check: atLeast(4, 'mesh-fetch', 'built-in-fetch') },
  { measure: 'net.fetch + text() / undici.request, calls/s', target: '>= 1.0x', check: atLeast(1, 'mesh-fetch', 'undici-request') },
  { measure: 'net.fetch / undici.request through Envoy, calls/s', target: '>= 3.0x', check: atLeast(3, 'mesh-fetch', 'undici-envoy') },
  {
    measure: 'net.fetch / undici.request through Envoy, CPU a call, sidecar included',
    target: '<= 0.25x',
    check: cpuAtMost(0.25, 'mesh-fetch', 'undici-envoy'),
  },
  { measure: 'net.fetch + text() / bare Client.dispatch, CPU a call', target: '<= 1.35x', check: cpuAtMost(1.35, 'mesh-fetch', 'bare-dispatch') },
  {
    measure: 'undici.request through net.dispatcher / without, calls/s',
    target: '>= 0.85x',
    check: atLeast(0.85, 'request-through-dispatcher', 'undici-request'),
  },
]

/** Prints each promise beside what was measured at 64 callers: the last lines of the output. */
export function printTargets({ rows }: Result): void {
  const find = (name: string) => rows.find((row) => row.name === name && row.callers === 64)
  const table = targets.map(({ measure, target, check }) => {
    const found = check(find)
    return found === undefined
      ? [measure, target, '-', 'not measured']
      : [measure, target, `${found.measured.toFixed(2)}x`, found.met ? 'pass' : 'MISS']
  })
  process.stdout.write('\nTargets (64 callers)\n')
  printTable([['', 'target', 'measured', ''], ...table])
}
