import { type MetricsExportOptions, metricsExportSettings } from './export-options.ts'
import { type Metered, meteredMeshes } from './metered.ts'
import { prometheusText } from './prometheus-text.ts'

/** What a request has that asks for metrics: that of `node:http`, or anything like it. */
export interface MetricsRequest {
  /** The method. */
  readonly method?: string | undefined
}

/** What it is answered with: the response of `node:http`, or anything like it. */
export interface MetricsResponse {
  /** The status. */
  statusCode: number
  /** Sets a header. */
  setHeader(name: string, value: string): unknown
  /** Sends the body, and ends. */
  end(body?: string): unknown
}

/** The type of the text, for servers of other kinds. */
export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * Answers scrapes of Prometheus with {@link prometheusText}: 200 with the text, 405 to anything but GET and HEAD, 500 with a sentence when there is no text.
 * Whom it answers, and under which path, is for the server to say.
 *
 * @param nets a mesh, or several of one process.
 * @param options see {@link MetricsExportOptions}.
 * @returns a handler for `node:http`, and for frameworks whose requests and responses are those of it. It never throws.
 * @throws TypeError when it is given no mesh, or a wrong option.
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { fixed, mesh } from 'proxyless'
 * import { metricsHandler } from 'proxyless/metrics'
 *
 * const net = mesh({ name: 'checkout' })
 *   .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080'])))
 *   .build()
 * const metrics = metricsHandler(net)
 * createServer((request, response) => {
 *   if (request.url === '/metrics') metrics(request, response)
 *   else response.writeHead(404).end()
 * }).listen(9464, '127.0.0.1').unref()
 * ```
 */
export function metricsHandler(
  nets: Metered | readonly Metered[],
  options?: MetricsExportOptions,
): (request: MetricsRequest, response: MetricsResponse) => void {
  meteredMeshes(nets, 'metricsHandler')
  metricsExportSettings(options, 'metricsHandler')
  return ({ method }, response) => {
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      answer(response, 405, 'text/plain; charset=utf-8', 'expected GET or HEAD\n')
      return
    }
    const write = (text: string) => answer(response, 200, prometheusContentType, method === 'HEAD' ? '' : text)
    const fail = (error: unknown) =>
      answer(response, 500, 'text/plain; charset=utf-8', `${error instanceof Error ? error.message : error}\n`)
    void textOf(nets, options).then(write).catch(fail)
  }
}

async function textOf(nets: Metered | readonly Metered[], options: MetricsExportOptions | undefined): Promise<string> {
  return prometheusText(nets, options)
}

function answer(response: MetricsResponse, status: number, type: string, body: string): void {
  response.statusCode = status
  response.setHeader('content-type', type)
  response.end(body)
}
