import { existsSync, globSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { findProgram, freePort, type RunningProgram, startProgram } from './server-kit.ts'

/** What a test needs to start a Zipkin. */
export interface ZipkinProgram {
  readonly java: string
  readonly jar: string
}

/** Java, and the Zipkin that scripts/install-zipkin.sh put into the cache; where one is missing, the test is skipped, or fails where servers are required. */
export function needZipkin(context: TestContext): ZipkinProgram | undefined {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const jar = globSync('proxyless-servers/zipkin-*/zipkin.jar', { cwd: cache }).toSorted().at(-1)
  const java = findProgram('java')
  if (java !== undefined && jar !== undefined && existsSync(join(cache, jar))) return { java, jar: join(cache, jar) }
  const reason = `${java === undefined ? 'java' : 'Zipkin'} is not installed; scripts/install-zipkin.sh installs Zipkin, and needs mvn and java 17`
  if (process.env.PROXYLESS_SERVERS === 'required') throw new Error(reason)
  context.skip(reason)
  return undefined
}

/** A span as Zipkin's own API tells it. */
export interface ZipkinSpan {
  readonly traceId: string
  readonly id: string
  readonly parentId?: string
  readonly kind?: string
  readonly name: string
  readonly shared?: boolean
  readonly localEndpoint?: { readonly serviceName?: string }
  readonly tags?: Readonly<Record<string, string>>
}

/** A real Zipkin that keeps what it is told in memory. */
export class Zipkin {
  /** `http://127.0.0.1:port`. */
  readonly url: string
  readonly #running: RunningProgram

  private constructor(url: string, running: RunningProgram) {
    this.url = url
    this.#running = running
  }

  static async start({ java, jar }: ZipkinProgram): Promise<Zipkin> {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const running = await startProgram({
      program: java,
      args: ['-Xmx512m', '-Dserver.address=127.0.0.1', '-Dlogging.level.root=ERROR', '-jar', jar],
      env: { QUERY_PORT: String(port) },
      ready: async () => (await fetch(`${url}/health`)).ok,
      readyWithinMs: 240_000,
    })
    return new Zipkin(url, running)
  }

  /** The spans of a trace; none when it does not know the trace. */
  async trace(traceId: string): Promise<readonly ZipkinSpan[]> {
    const response = await fetch(`${this.url}/api/v2/trace/${traceId}`)
    return response.ok ? ((await response.json()) as ZipkinSpan[]) : []
  }

  /** Traces of a service. */
  async traces(service: string): Promise<readonly (readonly ZipkinSpan[])[]> {
    return (await (await fetch(`${this.url}/api/v2/traces?serviceName=${service}&limit=100`)).json()) as ZipkinSpan[][]
  }

  stop(): Promise<void> {
    return this.#running.stop()
  }
}
