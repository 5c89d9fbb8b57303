import { grpcCheck } from '../health/grpc-check.ts'
import { checkSchedule, type HealthCheckOptions } from '../health/health-check-options.ts'
import type { HealthCheckParts } from '../health/health-checker.ts'
import { httpCheck } from '../health/http-check.ts'
import { tcpCheck } from '../health/tcp-check.ts'
import { httpSettings } from '../transport/http-settings.ts'
import type { Transport } from '../transport/transport.ts'
import { undiciTransport } from '../transport/undici-transport.ts'
import type { MeshOptions } from './mesh-options.ts'
import type { PartMaker } from './part-maker.ts'
import type { ServicePlan } from './plan.ts'

/**
 * Makes what asks the endpoints of a service whether they are well. It has connections of its own, one an endpoint, made with the service's TLS
 * settings: a check must neither wait behind calls nor take their place.
 *
 * @param plan the service.
 * @param maker makes parts, and collects what goes wrong.
 * @param given what the mesh uses instead of its own connections, if anything.
 */
export function makeHealthCheck(plan: ServicePlan, maker: PartMaker, given: MeshOptions['transport']): HealthCheckParts | undefined {
  const { healthCheck, http, tls } = plan
  if (healthCheck === false) return undefined
  return maker.make('healthCheck', (host) => {
    const schedule = checkSchedule(healthCheck)
    const authority = healthCheck.authority ?? http.authority ?? host.service
    if (healthCheck.protocol === 'tcp') return { schedule, check: tcpCheck(httpSettings(http, tls), host) }
    const carry = transportFor(healthCheck, plan, given)
    const transport = typeof carry === 'function' ? carry(host) : notOwned(carry)
    const make = healthCheck.protocol === 'grpc' ? grpcCheck : httpCheck
    return { schedule, check: make(healthCheck, authority, transport, host) }
  })
}

function transportFor({ protocol }: HealthCheckOptions, { http, tls }: ServicePlan, given: MeshOptions['transport']) {
  if (given !== undefined) return given
  // gRPC is spoken over HTTP/2 alone; the authority is the check's own.
  const settings = { ...http, authority: undefined, connections: 1, ...(protocol === 'grpc' ? { protocol: 'h2' as const } : {}) }
  return undiciTransport(settings, tls)
}

/** A transport that the whole mesh uses outlives the checks. */
function notOwned({ name, send }: Transport): Transport {
  return { name, send, close: async () => {} }
}
