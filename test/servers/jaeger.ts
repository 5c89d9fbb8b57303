import { globSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { freePort, type RunningProgram, startProgram } from './server-kit.ts'

/** The Jaeger that scripts/install-jaeger.sh built; where it is missing, the test is skipped, or fails where servers are required. */
export function needJaeger(context: TestContext): string | undefined {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const own = globSync('proxyless-servers/jaeger-*/jaeger', { cwd: cache }).toSorted().at(-1)
  if (own !== undefined) return join(cache, own)
  const reason = 'Jaeger is not installed; scripts/install-jaeger.sh builds it, and needs go'
  if (process.env.PROXYLESS_SERVERS === 'required') throw new Error(reason)
  context.skip(reason)
  return undefined
}

/** A span as Jaeger's API tells it. */
export interface JaegerSpan {
  readonly traceID: string
  readonly spanID: string
  readonly operationName: string
  readonly processID: string
  readonly references: readonly { readonly refType: string; readonly traceID: string; readonly spanID: string }[]
  readonly tags: readonly { readonly key: string; readonly value: unknown }[]
}

/** A trace as Jaeger's API tells it. */
export interface JaegerTrace {
  readonly traceID: string
  readonly spans: readonly JaegerSpan[]
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>
}

/** A real Jaeger that keeps what it is told in memory. */
export class Jaeger {
  /** Where it takes OTLP over HTTP: `http://127.0.0.1:port`. */
  readonly otlpUrl: string
  /** Where its own API answers. */
  readonly queryUrl: string
  readonly #running: RunningProgram

  private constructor(otlpUrl: string, queryUrl: string, running: RunningProgram) {
    this.otlpUrl = otlpUrl
    this.queryUrl = queryUrl
    this.#running = running
  }

  static async start(program: string): Promise<Jaeger> {
    const ports: string[] = []
    for (let i = 0; i < 12; i += 1) ports.push(`127.0.0.1:${await freePort()}`)
    const [otlp, query] = ports
    const flags = [
      'collector.otlp.http.host-port',
      'query.http-server.host-port',
      'admin.http.host-port',
      'query.grpc-server.host-port',
      'collector.grpc-server.host-port',
      'collector.http-server.host-port',
      'collector.otlp.grpc.host-port',
      'collector.zipkin.host-port',
      'http-server.host-port',
      'processor.jaeger-binary.server-host-port',
      'processor.jaeger-compact.server-host-port',
      'processor.zipkin-compact.server-host-port',
    ]
    const queryUrl = `http://${query}`
    const running = await startProgram({
      program,
      args: [...flags.map((flag, i) => `--${flag}=${ports[i]}`), '--log-level=error'],
      env: { SPAN_STORAGE_TYPE: 'memory' },
      ready: async () => (await fetch(`${queryUrl}/api/services`)).ok,
      readyWithinMs: 120_000,
    })
    return new Jaeger(`http://${otlp}`, queryUrl, running)
  }

  /** A trace; `undefined` when it does not know it. */
  async trace(traceId: string): Promise<JaegerTrace | undefined> {
    const response = await fetch(`${this.queryUrl}/api/traces/${traceId}`)
    return response.ok ? ((await response.json()) as { data: JaegerTrace[] }).data[0] : undefined
  }

  stop(): Promise<void> {
    return this.#running.stop()
  }
}
