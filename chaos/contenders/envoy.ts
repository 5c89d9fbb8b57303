import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { NotHere } from '../../bench/case.ts'
import { findEnvoy } from '../../test/servers/envoy.ts'
import { freePort, startProgram, takesConnections, temporaryFolder } from '../../test/servers/server-kit.ts'
import { attemptTimeoutMs, callTimeoutMs, type StartContender } from '../contender.ts'
import type { Fleet } from '../fleet.ts'

/** `undici.request` through a real Envoy on this machine, with retries and outlier detection as quick as ours. */
export const startEnvoy: StartContender = async (fleet) => {
  const program = findEnvoy()
  if (program === undefined) throw new NotHere('Envoy is not installed: npm run bench -- --install')
  const [folder, port] = [await temporaryFolder(), await freePort()]
  const file = join(folder.path, 'envoy.json')
  await writeFile(file, JSON.stringify(configuration(port, fleet)))
  const running = await startProgram({
    program,
    args: ['-c', file, '--concurrency', '1', '--use-dynamic-base-id', '--log-level', 'error'],
    ready: () => takesConnections(port),
  })
  const dispatcher = new Agent()
  return {
    call: async ({ id, method }) => {
      const { statusCode, body } = await request(`http://127.0.0.1:${port}/`, {
        dispatcher,
        method,
        headers: { 'x-call': id },
        ...(method === 'POST' ? { body: id } : {}),
        signal: AbortSignal.timeout(callTimeoutMs),
      })
      return { status: statusCode, text: await body.text() }
    },
    close: async () => {
      await dispatcher.destroy()
      await running.stop()
      await folder.remove()
    },
  }
}

const extensions = 'type.googleapis.com/envoy.extensions'
const attemptTimeout = `${attemptTimeoutMs / 1_000}s`

function configuration(port: number, fleet: Fleet): object {
  const route = (method: 'GET' | 'POST') => ({
    match: { prefix: '/', headers: [{ name: ':method', string_match: { exact: method } }] },
    route: {
      cluster: 'orders',
      timeout: `${callTimeoutMs / 1_000}s`,
      retry_policy: {
        // What was never sent is sent again for either; the rest for GET alone.
        retry_on: method === 'GET' ? 'connect-failure,refused-stream,reset,5xx,retriable-status-codes' : 'connect-failure,refused-stream',
        retriable_status_codes: [429],
        num_retries: 2,
        ...(method === 'GET' ? { per_try_timeout: attemptTimeout } : {}),
        retry_host_predicate: [
          {
            name: 'previous',
            typed_config: { '@type': `${extensions}.retry.host.previous_hosts.v3.PreviousHostsPredicate` },
          },
        ],
        host_selection_retry_max_attempts: 3,
      },
    },
  })
  const manager = {
    '@type': `${extensions}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'in',
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route('GET'), route('POST')] }] },
    http_filters: [{ name: 'router', typed_config: { '@type': `${extensions}.filters.http.router.v3.Router` } }],
  }
  const listener = { address: address(port), filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }] }
  return { static_resources: { listeners: [listener], clusters: [cluster(fleet)] } }
}

function cluster({ ports, protocol }: Fleet): object {
  const h2 = {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': `${extensions}.upstreams.http.v3.HttpProtocolOptions`,
      explicit_http_config: { http2_protocol_options: {} },
    },
  }
  return {
    name: 'orders',
    type: 'STATIC',
    connect_timeout: attemptTimeout,
    lb_policy: 'LEAST_REQUEST',
    ...(protocol === 'h2c' ? { typed_extension_protocol_options: h2 } : {}),
    outlier_detection: { consecutive_5xx: 5, interval: '0.5s', base_ejection_time: '1s', max_ejection_percent: 50 },
    circuit_breakers: { thresholds: [{ retry_budget: { budget_percent: { value: 20 }, min_retry_concurrency: 3 } }] },
    load_assignment: {
      cluster_name: 'orders',
      endpoints: [{ lb_endpoints: ports.map((port) => ({ endpoint: { address: address(port) } })) }],
    },
  }
}

function address(port: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: port } }
}
