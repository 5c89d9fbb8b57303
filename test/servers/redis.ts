import { connect } from 'node:net'
import { freePort, type RunningProgram, startProgram } from './server-kit.ts'

/** A real Redis on a loopback port of its own; it keeps nothing on disk. */
export class RedisServer {
  readonly port: number
  readonly #program: string
  #running: RunningProgram | undefined

  private constructor(program: string, port: number) {
    this.#program = program
    this.port = port
  }

  /** @param program where redis-server is. */
  static async start(program: string): Promise<RedisServer> {
    const server = new RedisServer(program, await freePort())
    await server.start()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it again, empty, on the same port. */
  async start(): Promise<void> {
    this.#running = await startProgram({
      program: this.#program,
      args: ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      ready: () => answers(this.port),
    })
  }

  /** It answers nothing, and keeps its connections, until {@link thaw}. */
  freeze(): void {
    this.#running?.signal('SIGSTOP')
  }

  thaw(): void {
    this.#running?.signal('SIGCONT')
  }

  async stop(): Promise<void> {
    this.thaw()
    await this.#running?.stop()
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.once('data', (data) => {
      socket.destroy()
      resolve(String(data).startsWith('+PONG'))
    })
    socket.once('error', () => resolve(false))
    socket.setTimeout(500, () => {
      socket.destroy()
      resolve(false)
    })
  })
}
