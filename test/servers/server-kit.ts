/**
 * What every real server of the integration tests needs: find its program, choose a port, start it, wait until it answers, and stop it by
 * its own process id. Nothing here touches servers that it did not start.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where administrators' programs are, also for users whose PATH does not say so. */
const moreFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** The full path of a program, or `undefined` when this machine does not have it. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...moreFolders].filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * The program for a test. Where it is missing, the test reports itself as skipped and says what would change that; with
 * `PROXYLESS_SERVERS=required` it fails.
 *
 * @returns its path, or `undefined` when the test is to end.
 */
export function need(name: string, context: TestContext): string | undefined {
  const program = findProgram(name)
  if (program !== undefined) return program
  const reason = `${name} is not installed; scripts/install-servers.sh installs it`
  if (process.env.PROXYLESS_SERVERS === 'required') throw new Error(reason)
  context.skip(reason)
  return undefined
}

/** A port that nobody listened on a moment ago, for TCP and UDP programs that cannot choose one themselves. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A folder of a test's own. */
export interface TemporaryFolder {
  readonly path: string
  remove(): Promise<void>
}

/** Makes a folder for the files of a server or a test. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'proxyless-test-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** How a program is started. */
export interface ProgramOptions {
  /** Its path. */
  readonly program: string
  readonly args: readonly string[]
  /** Tells whether it answers; called again and again until it does. What it throws means that it does not. */
  readonly ready: () => Promise<boolean>
  readonly env?: NodeJS.ProcessEnv
  /** How long it may take to be ready, in milliseconds. */
  readonly readyWithinMs?: number
  /** The only processor core that it may run on, for benches. */
  readonly core?: number | undefined
}

/** A program that runs. */
export class RunningProgram {
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  #output = ''

  constructor({ program, args, env, core }: ProgramOptions) {
    // taskset becomes the program, so the process id is the program's own.
    const [command, ...rest] = core === undefined ? [program, ...args] : ['taskset', '-c', String(core), program, ...args]
    this.#child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => resolve())
      this.#child.once('error', (error) => {
        this.#note(String(error))
        resolve()
      })
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on('data', (data) => this.#note(String(data)))
    // A test run that ends early leaves nothing behind.
    process.once('exit', this.#killAtExit)
  }

  /** The end of what it printed. */
  get output(): string {
    return this.#output
  }

  /** Its process id; `undefined` when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Sends it a signal, such as SIGHUP. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Ends it, gently at first, and waits until it is gone. */
  async stop(): Promise<void> {
    process.removeListener('exit', this.#killAtExit)
    if (this.running) {
      this.#child.kill('SIGTERM')
      const gone = await Promise.race([this.#exited.then(() => true), sleep(3_000, false, { ref: false })])
      if (!gone) this.#child.kill('SIGKILL')
    }
    await this.#exited
  }

  readonly #killAtExit = (): void => {
    this.#child.kill('SIGKILL')
  }

  #note(text: string): void {
    this.#output = (this.#output + text).slice(-4_000)
  }
}

/**
 * Starts a program and waits until it answers.
 *
 * @throws Error with what it printed when it ends or does not answer in time.
 */
export async function startProgram(options: ProgramOptions): Promise<RunningProgram> {
  const running = new RunningProgram(options)
  const readyWithinMs = options.readyWithinMs ?? 60_000
  const giveUpAt = performance.now() + readyWithinMs
  for (;;) {
    if (await options.ready().catch(() => false)) return running
    if (!running.running || performance.now() > giveUpAt) {
      const reason = running.running ? `did not answer within ${readyWithinMs} ms` : 'ended'
      await running.stop()
      throw new Error(`${options.program} ${reason}: ${running.output}`)
    }
    await sleep(20)
  }
}

/** Whether somebody takes connections on a port of 127.0.0.1. */
export function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/**
 * Waits for what has to happen at once, without saying how long "at once" is on a machine with other things to do: what it would wait for if it
 * did not (a minute, a keep-alive, for ever) is far longer.
 */
export async function within<T>(what: string, happens: PromiseLike<T>, withinMs = 20_000): Promise<T> {
  const over = new AbortController()
  const late = sleep(withinMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`waited ${withinMs} ms in vain: ${what}`)
  })
  try {
    return await Promise.race([happens, late])
  } finally {
    late.catch(() => {})
    over.abort()
  }
}

/** Waits until a condition holds, for tests against real servers. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const giveUpAt = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`waited ${withinMs} ms in vain: ${what}`)
    await sleep(10)
  }
}
