import { BytesBody } from '../call/call-body.ts'
import type { Cancellation } from '../call/cancellation.ts'
import { replyHeader } from '../call/header-list.ts'
import type { Reply } from '../call/reply.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Host } from '../runtime/host.ts'
import { untraced } from '../telemetry/untraced.ts'
import type { Transport } from '../transport/transport.ts'
import { checkAttempt, headerList } from './check-attempt.ts'
import { healthRequest, servingStatus } from './grpc-health-messages.ts'
import type { CheckResult, HealthCheck } from './health-check.ts'
import { type HealthCheckOptions, healthCheckDefaults } from './health-check-options.ts'
import { failAtOnceHeader } from './http-check.ts'

/**
 * Asks `grpc.health.v1.Health/Check`. `SERVING` is well; any other answer of the server, such as `NOT_SERVING` or a gRPC status other than 0, leaves
 * no doubt; whatever brings no answer counts towards the threshold.
 *
 * @param options which gRPC service to ask about, and headers to send.
 * @param authority the `:authority` of the request.
 * @param transport carries the request over HTTP/2; nobody else uses it.
 * @param host the service.
 */
export function grpcCheck(options: HealthCheckOptions, authority: string, transport: Transport, host: Host): HealthCheck {
  const headers = { 'content-type': 'application/grpc', te: 'trailers', ...options.headers }
  const body = new BytesBody(healthRequest(options.grpcService ?? healthCheckDefaults.grpcService))
  const request = { method: 'POST', path: '/grpc.health.v1.Health/Check', authority, headers: headerList(headers), body }
  const send = untraced(transport.send)
  return {
    async run(endpoint: Endpoint, cancellation: Cancellation) {
      const outcome = await send(checkAttempt(request, endpoint, host, cancellation))
      if (!outcome.ok) return { state: 'failing', reason: outcome.error.code }
      const { body: replyBody } = outcome.reply
      cancellation.add({ cancelled: (reason) => replyBody.abort(reason) })
      try {
        return judge(outcome.reply, Buffer.concat(await replyBody.gather()))
      } catch {
        return { state: 'failing', reason: 'its answer broke off' }
      }
    },
    retire: (endpoint) => transport.retire?.(endpoint),
    close: () => void transport.close(0),
  }
}

function judge({ status, headers, body }: Reply, message: Buffer): CheckResult {
  if (replyHeader(headers, failAtOnceHeader) !== undefined) return { state: 'unhealthy', reason: failAtOnceHeader }
  if (status !== 200) return { state: 'unhealthy', reason: `status ${status}` }
  // An answer without a message has its status among the headers.
  const code = replyHeader(body.trailers ?? {}, 'grpc-status') ?? replyHeader(headers, 'grpc-status')
  if (code !== '0') return { state: 'unhealthy', reason: `gRPC status ${code ?? 'missing'}` }
  const serving = servingStatus(message)
  return { state: serving === 'SERVING' ? 'healthy' : 'unhealthy', reason: serving }
}
