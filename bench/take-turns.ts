// One case in a process that stays: `node take-turns.ts '<assignment as JSON>'`. It warms up, and for each line that it reads it measures once and prints a line.
import { createInterface } from 'node:readline'
import { answerLength, NotHere, type Open } from './case.ts'
import { measure } from './measure.ts'
import type { Answer, Assignment } from './run-case.ts'

/** Enough for the longest turn. */
const latencies = new Float64Array(200_000)
/** Connections that were idle for a few turns are made again before anything counts. */
const settleMs = 100

const assignment = JSON.parse(process.argv[2] as string) as Assignment
const { warmUpMs, warmUpCalls, measureMs } = assignment

function say(answer: Answer | { readonly kind: 'ready' }): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

try {
  const { open } = (await import(assignment.client)) as { open: Open }
  const { call } = await open(assignment)
  const once = (warmMs: number, calls: number | undefined) =>
    measure({ ...assignment, call, expected: answerLength[assignment.job], warmUpMs: warmMs, warmUpCalls: calls, measureMs }, latencies)
  await once(warmUpMs, warmUpCalls)
  say({ kind: 'ready' })
  for await (const _ of createInterface({ input: process.stdin })) say({ kind: 'measured', measured: await once(settleMs, undefined) })
} catch (error) {
  say(error instanceof NotHere ? { kind: 'absent', reason: error.message } : { kind: 'failed', reason: (error as Error).message })
}
process.exit()
