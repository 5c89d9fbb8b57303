import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** How a program ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly complaints: string
  readonly tookMs: number
}

/** How to run a program. */
export interface RunOptions {
  readonly cwd: string
  /** Variables on top of those of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** The program is killed, and the run fails, when it has not ended by then. */
  readonly withinMs: number
}

/** Runs a program to its end and keeps what it printed. */
export async function runProgram(file: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  const startedAt = performance.now()
  const program = spawn(file, args, { cwd: options.cwd, env: { ...ownEnv(), ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const deadline = setTimeout(() => program.kill('SIGKILL'), options.withinMs)
  const ended = new Promise<Pick<Ended, 'code' | 'signal'>>((resolve, reject) => {
    program.once('error', reject)
    program.once('close', (code, signal) => resolve({ code, signal }))
  })
  try {
    const [output, complaints, end] = await Promise.all([text(program.stdout), text(program.stderr), ended])
    return { ...end, output, complaints, tookMs: performance.now() - startedAt }
  } finally {
    clearTimeout(deadline)
  }
}

/** Runs a program that must end by itself with exit code 0; the error says what it printed. */
export async function runToSuccess(file: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  const ended = await runProgram(file, args, options)
  if (ended.code !== 0) {
    const how = ended.signal === null ? `exit code ${ended.code}` : `killed by ${ended.signal} after ${Math.round(ended.tookMs)} ms`
    throw new Error(`${file} ${args.join(' ')}: ${how}\n${ended.output}\n${ended.complaints}`)
  }
  return ended
}

/** Without what a test runner tells its children: a program under test is not a test. */
function ownEnv(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT, NODE_OPTIONS, ...env } = process.env
  return env
}
