import { globSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { SidecarOptions } from './haproxy.ts'
import { findProgram, freePort, type RunningProgram, startProgram, takesConnections, temporaryFolder } from './server-kit.ts'

/** The path of an Envoy: one of the machine's own, or the one that scripts/install-envoy.sh put into the cache. */
export function findEnvoy(): string | undefined {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const own = globSync('proxyless-servers/envoy-*/lib/python3*/site-packages/envoy/_bin/envoy', { cwd: cache }).toSorted().at(-1)
  return findProgram('envoy') ?? (own === undefined ? undefined : join(cache, own))
}

/** The same for a test: where it is missing, the test reports itself as skipped, or fails where servers are required. */
export function needEnvoy(context: TestContext): string | undefined {
  const program = findEnvoy()
  if (program !== undefined) return program
  const reason = 'Envoy is not installed; scripts/install-envoy.sh installs it'
  if (process.env.PROXYLESS_SERVERS === 'required') throw new Error(reason)
  context.skip(reason)
  return undefined
}

/**
 * A real Envoy as a sidecar, with what a mesh would configure: least request, retries with a budget, outlier detection, and a local rate
 * limit that is counted and never reached. One worker thread, no access log.
 */
export class Envoy {
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

  static start(program: string, options: SidecarOptions): Promise<Envoy> {
    return Envoy.startWith(program, (port) => configuration(port, options.upstreamPorts), options.core)
  }

  /** One that does what a test says: `configure` makes its configuration, with a listener on the port it is given. */
  static async startWith(program: string, configure: (port: number) => object, core?: number): Promise<Envoy> {
    const folder = await temporaryFolder()
    const port = await freePort()
    const file = join(folder.path, 'envoy.json')
    await writeFile(file, JSON.stringify(configure(port)))
    try {
      const running = await startProgram({
        program,
        args: ['-c', file, '--concurrency', '1', '--use-dynamic-base-id', '--log-level', 'error'],
        ready: () => takesConnections(port),
        core,
      })
      return new Envoy(`http://127.0.0.1:${port}`, running, folder.remove)
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

const extensions = 'type.googleapis.com/envoy.extensions'

function configuration(port: number, upstreamPorts: readonly number[]): object {
  return { static_resources: { listeners: [listener(port)], clusters: [cluster(upstreamPorts)] } }
}

function address(port: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: port } }
}

function listener(port: number): object {
  const rateLimit = {
    '@type': `${extensions}.filters.http.local_ratelimit.v3.LocalRateLimit`,
    stat_prefix: 'limit',
    token_bucket: { max_tokens: 1_000_000, tokens_per_fill: 1_000_000, fill_interval: '1s' },
    filter_enabled: { default_value: { numerator: 100, denominator: 'HUNDRED' } },
    filter_enforced: { default_value: { numerator: 100, denominator: 'HUNDRED' } },
  }
  const route = {
    match: { prefix: '/' },
    route: {
      cluster: 'orders',
      timeout: '15s',
      retry_policy: { retry_on: 'connect-failure,refused-stream,reset,gateway-error', num_retries: 2 },
    },
  }
  const manager = {
    '@type': `${extensions}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'in',
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route] }] },
    http_filters: [
      { name: 'limit', typed_config: rateLimit },
      { name: 'router', typed_config: { '@type': `${extensions}.filters.http.router.v3.Router` } },
    ],
  }
  return { address: address(port), filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }] }
}

function cluster(upstreamPorts: readonly number[]): object {
  return {
    name: 'orders',
    type: 'STATIC',
    connect_timeout: '2s',
    lb_policy: 'LEAST_REQUEST',
    outlier_detection: { consecutive_5xx: 5, interval: '10s', base_ejection_time: '30s', max_ejection_percent: 50 },
    circuit_breakers: {
      thresholds: [
        {
          max_connections: 4_096,
          max_pending_requests: 4_096,
          max_requests: 4_096,
          retry_budget: { budget_percent: { value: 20 }, min_retry_concurrency: 3 },
        },
      ],
    },
    load_assignment: {
      cluster_name: 'orders',
      endpoints: [{ lb_endpoints: upstreamPorts.map((port) => ({ endpoint: { address: address(port) } })) }],
    },
  }
}
