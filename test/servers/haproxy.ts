import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, type RunningProgram, startProgram, takesConnections, temporaryFolder } from './server-kit.ts'

/** What a sidecar is to do: pass on what it gets to one of several servers. */
export interface SidecarOptions {
  /** The ports of the servers, on 127.0.0.1. */
  readonly upstreamPorts: readonly number[]
  /** The only processor core that it may run on. */
  readonly core?: number | undefined
}

/**
 * A real HAProxy as a sidecar: least connections, retries on another server, passive health checks, and a rate limit that is counted and
 * never reached.
 */
export class HaProxy {
  /** `http://127.0.0.1:port`. */
  readonly url: string
  readonly #running: RunningProgram
  readonly #removeFolder: () => Promise<void>

  private constructor(url: string, running: RunningProgram, removeFolder: () => Promise<void>) {
    this.url = url
    this.#running = running
    this.#removeFolder = removeFolder
  }

  /** Its process id. */
  get pid(): number {
    return this.#running.pid as number
  }

  static async start(program: string, options: SidecarOptions): Promise<HaProxy> {
    const folder = await temporaryFolder()
    const port = await freePort()
    const file = join(folder.path, 'haproxy.cfg')
    await writeFile(file, configuration(port, options.upstreamPorts))
    try {
      const running = await startProgram({
        program,
        args: ['-db', '-q', '-f', file],
        ready: () => takesConnections(port),
        core: options.core,
      })
      return new HaProxy(`http://127.0.0.1:${port}`, running, folder.remove)
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

function configuration(port: number, upstreamPorts: readonly number[]): string {
  const servers = upstreamPorts.map(
    (upstream, i) =>
      `  server s${i} 127.0.0.1:${upstream} check inter 10s observe layer7 error-limit 10 on-error mark-down pool-max-conn -1`,
  )
  return `
global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  option http-keep-alive
frontend sidecar
  bind 127.0.0.1:${port}
  stick-table type integer size 1 expire 10s store http_req_rate(1s)
  http-request track-sc0 int(1)
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1000000 }
  default_backend orders
backend orders
  balance leastconn
  retries 2
  option redispatch
  retry-on conn-failure empty-response 503
  http-reuse always
${servers.join('\n')}
`
}
