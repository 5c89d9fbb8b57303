import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { OtelAttributes } from '../telemetry/otel-api.ts'
import { redactPath } from '../telemetry/redact-path.ts'

/**
 * What is told of a request that a server got. The names are those of OpenTelemetry's stable semantic conventions for HTTP servers.
 *
 * @param request of node:http.
 * @param route see `TraceServerOptions.route`.
 * @param attempt which attempt of its caller it is, 1 for the first.
 * @param secrets see {@link redactPath}.
 */
export function serverAttributes(
  request: IncomingMessage,
  route: string | undefined,
  attempt: number,
  secrets: ReadonlySet<string>,
): OtelAttributes {
  const { method = '', url = '/', headers, socket, httpVersion } = request
  const [path = '/', query] = redactPath(url, secrets).split(/\?(.*)/s)
  const { hostname, port } = hostOf(headers.host)
  const known: Record<string, string | number | boolean | undefined> = {
    'http.request.method': method,
    'url.path': path,
    'url.query': query,
    'url.scheme': (socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http',
    'server.address': hostname,
    'server.port': port,
    'client.address': socket.remoteAddress,
    'network.protocol.version': httpVersion,
    'user_agent.original': headers['user-agent'],
    'http.route': route,
    'proxyless.attempt': attempt > 1 ? attempt : undefined,
  }
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined && value !== '')) as OtelAttributes
}

function hostOf(host: string | undefined): { hostname?: string; port?: number } {
  const [, name, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host ?? '') ?? []
  if (name === undefined || name === '') return {}
  const hostname = name.replace(/^\[(.*)\]$/, '$1')
  return port === undefined ? { hostname } : { hostname, port: Number(port) }
}
