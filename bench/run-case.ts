// One case in a process of its own: `node run-case.ts '<assignment as JSON>'`. The last line that it prints is the result, as JSON.
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { answerLength, type Job, NotHere, type Open } from './case.ts'
import { type Measured, measure } from './measure.ts'

/** What a process is to do. */
export interface Assignment {
  readonly client: string
  readonly job: Job
  readonly urls: readonly string[]
  readonly callers: number
  readonly warmUpMs: number
  readonly warmUpCalls?: number | undefined
  readonly measureMs: number
  readonly serverPid: number | undefined
  readonly sidecarPid: number | undefined
  /** Where to write who allocates what, as V8 samples it; what was collected again counts too. */
  readonly allocationsTo?: string | undefined
}

/** What came of it. */
export type Answer =
  | { readonly kind: 'measured'; readonly measured: Measured }
  | { readonly kind: 'absent'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }

async function run(assignment: Assignment): Promise<Answer> {
  try {
    const { open } = (await import(assignment.client)) as { open: Open }
    const { call } = await open(assignment)
    const stop = assignment.allocationsTo === undefined ? undefined : await sampleAllocations(assignment.allocationsTo)
    const measured = await measure({ ...assignment, call, expected: answerLength[assignment.job] })
    await stop?.()
    return { kind: 'measured', measured }
  } catch (error) {
    if (error instanceof NotHere) return { kind: 'absent', reason: error.message }
    const { message, cause } = error as Error
    return { kind: 'failed', reason: cause instanceof Error ? `${message}: ${cause.message}` : message }
  }
}

async function sampleAllocations(file: string): Promise<() => Promise<void>> {
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: 16_384,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  })
  return async () => writeFileSync(file, JSON.stringify(await session.post('HeapProfiler.stopSampling')))
}

const [, , text] = process.argv
const answer = await run(JSON.parse(text as string) as Assignment)
process.stdout.write(`\n${JSON.stringify(answer)}\n`, () => process.exit(0))
