import type { Figures } from './costs/costs.ts'
import type { Measured } from './measure.ts'
import type { Result } from './report.ts'
import { printTable } from './report.ts'
import type { TurnsOf } from './turns.ts'

/** A promise that this bench can check. */
interface Target {
  readonly measure: string
  readonly target: string
  /** What was measured, and whether it is enough; `undefined` when a case that it needs was not measured. */
  readonly check: (find: (name: string) => TurnsOf | undefined, costs: Figures) => Finding | undefined
}

interface Finding {
  readonly measured: string
  readonly met: boolean
}

/**
 * How two clients compare: each by its best tenth of turns, the worst of these. What else runs on the machine makes a turn worse and none better, and it does
 * so to whoever needs more of the caches by more.
 *
 * @param cost the less the better.
 */
function ratioOfBest(client: TurnsOf | undefined, base: TurnsOf | undefined, cost: (turn: Measured) => number): number | undefined {
  const [ours, theirs] = [client, base].map((each) => each?.rounds.map(cost).sort((a, b) => a - b)[Math.floor(each.rounds.length / 10)])
  return ours === undefined || theirs === undefined ? undefined : ours / theirs
}

function atLeast(limit: number, name: string, base: string): Target['check'] {
  return (find) => {
    const measured = ratioOfBest(find(base), find(name), ({ callsPerSecond }) => 1 / callsPerSecond)
    return measured === undefined ? undefined : { measured: `${measured.toFixed(2)}x`, met: measured >= limit }
  }
}

function cpuAtMost(limit: number, name: string, base: string): Target['check'] {
  return (find) => {
    const all = (turn: Measured) => turn.cpuUs + (turn.sidecarCpuUs ?? 0)
    const measured = ratioOfBest(find(name), find(base), all)
    return measured === undefined ? undefined : { measured: `${measured.toFixed(2)}x`, met: measured <= limit }
  }
}

function costAtMost(limit: number, name: string, unit: string): Target['check'] {
  return (_find, costs) => {
    const cost = costs[name]
    return cost === undefined ? undefined : { measured: `${Number(cost.toPrecision(3))} ${unit}`.trimEnd(), met: cost <= limit }
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
  {
    measure: 'net.fetch + text() / bare Client.dispatch, CPU a call',
    target: '<= 1.35x',
    check: cpuAtMost(1.35, 'mesh-fetch', 'bare-dispatch'),
  },
  {
    measure: 'undici.request through net.dispatcher / without, calls/s',
    target: '>= 0.85x',
    check: atLeast(0.85, 'request-through-dispatcher', 'undici-request'),
  },
  { measure: 'update of 10,000 endpoints, 1 % of them new', target: '<= 5 ms', check: costAtMost(5, 'updateMs', 'ms') },
  { measure: 'endpoint that is never called, heap', target: '<= 4096 bytes', check: costAtMost(4_096, 'idleBytesEach', 'bytes') },
  { measure: 'timers of 10,000 idle endpoints', target: '0', check: costAtMost(0, 'idleTimers', '') },
]

/** Each promise beside what was measured at 64 callers, by clients that took turns. */
export function checkTargets({ turns, costs }: Result): readonly (readonly string[])[] {
  const find = (name: string) => turns?.find((one) => one.name === name)
  return targets.map(({ measure, target, check }) => {
    const found = check(find, costs?.figures ?? {})
    return found === undefined ? [measure, target, '-', 'not measured'] : [measure, target, found.measured, found.met ? 'pass' : 'MISS']
  })
}

/** Prints them: the last lines of the output. */
export function printTargets(result: Result): void {
  const turns = result.turns?.[0]?.rounds.length
  process.stdout.write('\nTargets (64 callers)\n')
  if (turns !== undefined) process.stdout.write(`  the best tenth of ${turns} turns each\n`)
  printTable([['', 'target', 'measured', ''], ...checkTargets(result)])
}
