import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, type RunningProgram, startProgram, takesConnections, temporaryFolder } from './server-kit.ts'

/** What an nginx is to do. */
export interface NginxOptions {
  /** How many servers, each on a port of its own. */
  readonly servers: number
  /** Lines for every `server { ... }` block, such as `location = /slow { ... }`. */
  readonly serverLines?: string
  /** Lines for the `http { ... }` block. */
  readonly httpLines?: string
  /** The only processor core that it may run on. */
  readonly core?: number | undefined
}

/** A real nginx with several servers. Each answers `GET /` with its own port as text. */
export class Nginx {
  /** The ports of the servers. */
  readonly ports: readonly number[]
  readonly #running: RunningProgram
  readonly #removeFolder: () => Promise<void>

  private constructor(ports: readonly number[], running: RunningProgram, removeFolder: () => Promise<void>) {
    this.ports = ports
    this.#running = running
    this.#removeFolder = removeFolder
  }

  /** `http://127.0.0.1:port` of each server. */
  get urls(): readonly string[] {
    return this.ports.map((port) => `http://127.0.0.1:${port}`)
  }

  /** Its process id. */
  get pid(): number {
    return this.#running.pid as number
  }

  static async start(program: string, options: NginxOptions): Promise<Nginx> {
    const folder = await temporaryFolder()
    const ports: number[] = []
    for (let i = 0; i < options.servers; i += 1) ports.push(await freePort())
    const file = join(folder.path, 'nginx.conf')
    await writeFile(file, configuration(folder.path, ports, options))
    try {
      const running = await startProgram({
        program,
        args: ['-p', folder.path, '-e', join(folder.path, 'error.log'), '-c', file],
        ready: async () => (await Promise.all(ports.map(takesConnections))).every(Boolean),
        core: options.core,
      })
      return new Nginx(ports, running, folder.remove)
    } catch (error) {
      await folder.remove()
      throw error
    }
  }

  async stop(): Promise<void> {
    await this.#running.stop()
    await this.#removeFolder()
  }
}

/** One process, whoever we are: no master that would want to change its user, and every path in our own folder. */
function configuration(folder: string, ports: readonly number[], options: NginxOptions): string {
  const servers = ports.map(
    (port) => `
    server {
      listen 127.0.0.1:${port};
      location = / { return 200 '${port}'; }
      ${options.serverLines ?? ''}
    }`,
  )
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${join(folder, name)};`)
  return `
  daemon off;
  master_process off;
  worker_processes 1;
  pid ${join(folder, 'nginx.pid')};
  error_log ${join(folder, 'error.log')} warn;
  events { worker_connections 4096; }
  http {
    access_log off;
    default_type text/plain;
    keepalive_requests 1000000;
    ${temporary.join('\n    ')}
    ${options.httpLines ?? ''}
    ${servers.join('\n')}
  }
`
}
