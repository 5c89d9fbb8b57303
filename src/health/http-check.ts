import { noBody } from '../call/call-body.ts'
import type { Cancellation } from '../call/cancellation.ts'
import { replyHeader } from '../call/header-list.ts'
import type { Reply } from '../call/reply.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Host } from '../runtime/host.ts'
import { untraced } from '../telemetry/untraced.ts'
import type { Transport } from '../transport/transport.ts'
import { checkAttempt, headerList } from './check-attempt.ts'
import type { CheckResult, HealthCheck } from './health-check.ts'
import { type HealthCheckOptions, healthCheckDefaults, type StatusRange } from './health-check-options.ts'

/** The header by which a server says that it wants no more calls, in the reply to a check or to a call. */
export const failAtOnceHeader = 'x-envoy-immediate-health-check-fail'

/** The header by which a server says that it serves, but not well. */
const degradedHeader = 'x-envoy-degraded'

/** So much of a reply is searched for a text. */
const searchedBytes = 1_024

/**
 * Asks over HTTP. A status that is neither expected nor retriable leaves no doubt; whatever brings no reply counts towards the threshold.
 *
 * @param options what to send, and what to expect.
 * @param authority the `Host` of the request unless the options name one.
 * @param transport carries the request; nobody else uses it.
 * @param host the service.
 */
export function httpCheck(options: HealthCheckOptions, authority: string, transport: Transport, host: Host): HealthCheck {
  const { expect, retriable, method, path, headers } = { ...healthCheckDefaults, ...options }
  const request = { method: method ?? 'GET', path: path ?? '/', authority, headers: headerList(headers ?? {}), body: noBody }
  const judge = async (reply: Reply): Promise<CheckResult> => {
    const { status } = reply
    const said = `status ${status}`
    if (replyHeader(reply.headers, failAtOnceHeader) !== undefined) return { state: 'unhealthy', reason: failAtOnceHeader }
    if (!covers(expect ?? [], status)) return { state: covers(retriable ?? [], status) ? 'failing' : 'unhealthy', reason: said }
    const { bodyIncludes } = options
    if (bodyIncludes !== undefined && !(await beginningOf(reply)).includes(Buffer.from(bodyIncludes))) {
      return { state: 'unhealthy', reason: `${said}, without ${JSON.stringify(bodyIncludes)} in its body` }
    }
    return { state: replyHeader(reply.headers, degradedHeader) === undefined ? 'healthy' : 'degraded', reason: said }
  }
  const send = untraced(transport.send)
  return {
    async run(endpoint: Endpoint, cancellation: Cancellation) {
      const outcome = await send(checkAttempt(request, endpoint, host, cancellation))
      if (!outcome.ok) return { state: 'failing', reason: outcome.error.code }
      const { body } = outcome.reply
      cancellation.add({ cancelled: (reason) => body.abort(reason) })
      try {
        return await judge(outcome.reply)
      } catch {
        return { state: 'failing', reason: 'its body broke off' }
      } finally {
        body.discard()
      }
    },
    retire: (endpoint) => transport.retire?.(endpoint),
    close: () => void transport.close(0),
  }
}

function covers(ranges: readonly StatusRange[], status: number): boolean {
  return ranges.some((range) => (typeof range === 'number' ? range === status : range[0] <= status && status <= range[1]))
}

async function beginningOf({ body }: Reply): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  while (bytes < searchedBytes) {
    const piece = await body.read()
    if (piece === undefined) break
    pieces.push(piece)
    bytes += piece.byteLength
  }
  return Buffer.concat(pieces).subarray(0, searchedBytes)
}
