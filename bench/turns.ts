import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type BenchCase, textCases } from './catalogue.ts'
import type { Field } from './field.ts'
import type { Measured } from './measure.ts'
import type { Answer, Assignment } from './run-case.ts'

/** What the targets compare. */
const compared = ['bare-dispatch', 'undici-request', 'built-in-fetch', 'mesh-fetch', 'request-through-dispatcher', 'undici-envoy']
const callers = 64

/** What a client said at each of its turns. */
export interface TurnsOf {
  readonly name: string
  readonly rounds: readonly Measured[]
}

/** How many turns each client has, and how long they are. */
export interface TurnEffort {
  /** How often all clients start anew. */
  readonly casts: number
  /** Turns of each process. */
  readonly turns: number
  readonly warmUpMs: number
  readonly measureMs: number
}

/** No client stays for longer, whatever becomes of it. */
const longestMs = 600_000

/** A client in a process that stays. */
class Player {
  readonly name: string
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(each: BenchCase, assignment: Assignment, core: number | undefined) {
    this.name = each.name
    const args = [join(import.meta.dirname, 'take-turns.ts'), JSON.stringify(assignment)]
    const [command, ...rest] = core === undefined ? [process.execPath, ...args] : ['taskset', '-c', String(core), process.execPath, ...args]
    this.#child = spawn(command as string, rest, { stdio: ['pipe', 'pipe', 'inherit'], timeout: longestMs })
    // One that has ended says nothing more: that is what is heard of it.
    this.#child.stdin?.on('error', () => {})
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  }

  /** Its next line. */
  async said(): Promise<Answer | { readonly kind: 'ready' }> {
    const { value, done } = await this.#lines.next()
    return done === true ? { kind: 'failed', reason: 'it ended' } : JSON.parse(value)
  }

  /** One turn. */
  async turn(): Promise<Measured> {
    this.#child.stdin?.write('go\n')
    const answer = await this.said()
    if (answer.kind !== 'measured') throw new Error(`${this.name}: ${'reason' in answer ? answer.reason : answer.kind}`)
    return answer.measured
  }

  end(): void {
    this.#child.kill()
  }
}

/**
 * Measures what the targets compare: the clients stay, and take turns of less than a second, one at a time. A shared machine is faster at one moment
 * than at the next by more than what is to be told apart, and clients that are measured ten seconds after each other have seen different ones.
 *
 * Then they start anew, a few times: a process keeps what V8 made of it when it warmed up, and two of the same client are up to a tenth apart for as
 * long as they live.
 *
 * @param cases those that may take part.
 * @param effort see {@link TurnEffort}.
 * @param field where to.
 * @param say told of what goes on.
 */
export async function takeTurns(
  cases: readonly BenchCase[],
  effort: TurnEffort,
  field: Field,
  say: (line: string) => void,
): Promise<readonly TurnsOf[]> {
  const rounds = new Map<string, Measured[]>()
  for (let cast = 1; cast <= effort.casts; cast += 1) {
    const players: Player[] = []
    try {
      await enter(players, cases, effort, field, say)
      for (let turn = 1; turn <= effort.turns; turn += 1) {
        // There and back: who is always first after another would always have its cache.
        for (const player of turn % 2 === 0 ? players.toReversed() : players) {
          const measured = await player.turn()
          rounds.set(player.name, [...(rounds.get(player.name) ?? []), measured])
        }
        say(`turns: ${turn} of ${effort.turns}, of processes ${cast} of ${effort.casts}`)
      }
    } finally {
      for (const player of players) player.end()
    }
  }
  return [...rounds].map(([name, measured]) => ({ name, rounds: measured }))
}

/** Starts the clients, one after the other, until each is ready. Whoever cannot take part is left out. */
async function enter(
  players: Player[],
  cases: readonly BenchCase[],
  effort: TurnEffort,
  field: Field,
  say: (line: string) => void,
): Promise<void> {
  for (const each of textCases.filter((one) => compared.includes(one.name) && cases.includes(one))) {
    const destination = field.ways[each.way]
    if (destination === undefined) continue
    const { client, job } = each
    const { warmUpMs, measureMs } = effort
    const assignment: Assignment = { client, job, callers, warmUpMs, warmUpCalls: 20_000, measureMs, ...destination }
    const player = new Player(each, assignment, field.cores?.client)
    players.push(player)
    const first = await player.said()
    if (first.kind === 'absent') {
      player.end()
      players.pop()
      say(`turns: ${each.name} left out: ${first.reason}`)
      continue
    }
    if (first.kind !== 'ready') throw new Error(`${each.name}: ${'reason' in first ? first.reason : first.kind}`)
    say(`turns: ${each.name} is ready`)
  }
}
