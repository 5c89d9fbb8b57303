import type { Endpoint } from '../endpoint/endpoint.ts'
import { Admission } from '../policies/admission/admission.ts'
import { admissionSettings } from '../policies/admission/admission-options.ts'
import { ConcurrencyGate, type GateSettings } from '../policies/concurrency/concurrency-gate.ts'
import type { ConcurrencyLimitPart } from '../policies/concurrency/concurrency-limit.ts'
import { WatchedLimit } from '../policies/concurrency/watched-limit.ts'
import { EndpointPermits, type PermitSettings } from '../routing/endpoint-permits.ts'
import type { Host } from '../runtime/host.ts'
import type { PartMaker } from './part-maker.ts'
import type { ServicePlan } from './plan.ts'
import type { ServiceParts } from './service-parts.ts'

/** What the limits of a service are put in force with. */
export interface ConcurrencyParts {
  readonly gate: GateSettings | undefined
  readonly permits: PermitSettings | undefined
}

type Made = Pick<ServiceParts, 'concurrency' | 'concurrencyGate' | 'endpointPermits'>

/**
 * Makes the limits of a service. The gate and the permits, which know who is in flight and who waits, are taken over from the plan before even if
 * the limits are others.
 *
 * @param same the parts of the plan before, if it says the same of this.
 * @param before the parts of the plan before, whatever it says.
 */
export function makeConcurrency({ concurrency }: ServicePlan, maker: PartMaker, same: Made | undefined, before: Made | undefined): Made {
  if (same !== undefined) {
    return { concurrency: same.concurrency, concurrencyGate: same.concurrencyGate, endpointPermits: same.endpointPermits }
  }
  if (concurrency === false) return { concurrency: undefined, concurrencyGate: undefined, endpointPermits: undefined }
  const { limit, endpoints, queue, queueTimeout: queueTimeoutMs, enforce } = concurrency
  const gate =
    limit === undefined
      ? undefined
      : maker.make('concurrency.limit', (host) => ({ limit: watched(limit, host), queue, queueTimeoutMs, enforce }))
  const permits =
    endpoints === false
      ? undefined
      : maker.make('concurrency.endpoints.limit', (host) => ({
          limitOf: limitsOfEndpoints(endpoints.limit, host),
          queue: endpoints.queue,
          queueTimeoutMs,
          enforce,
        }))
  return {
    concurrency: { gate, permits },
    concurrencyGate:
      gate === undefined ? undefined : (before?.concurrencyGate ?? maker.make('concurrency', (host) => new ConcurrencyGate(host))),
    endpointPermits:
      permits === undefined
        ? undefined
        : (before?.endpointPermits ?? maker.make('concurrency.endpoints', (host) => new EndpointPermits(permits, host))),
  }
}

/** Makes the admission control of a service. */
export function makeAdmission({ admission }: ServicePlan, maker: PartMaker): Admission | undefined {
  return admission === false ? undefined : maker.make('admission', (host) => new Admission(admissionSettings(admission), host))
}

function watched(limit: number | ConcurrencyLimitPart, host: Host): WatchedLimit {
  return new WatchedLimit(typeof limit === 'number' ? limit : limit(host), host)
}

function limitsOfEndpoints(limit: number | ConcurrencyLimitPart, host: Host): (endpoint: Endpoint) => WatchedLimit {
  // The first is made at once, so that a part that cannot be made is a problem of the plan.
  const first = watched(limit, host)
  if (typeof limit === 'number') return () => first
  return ({ address }) => {
    try {
      return watched(limit, { ...host, random: host.random.fork(address) })
    } catch (error) {
      host.emit('part-threw', { service: host.service, part: `concurrency limit of ${address}`, error })
      return new WatchedLimit(first.value, host)
    }
  }
}
