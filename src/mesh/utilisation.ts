import type { Endpoint } from '../endpoint/endpoint.ts'
import type { TlsOptions } from '../transport/http-options.ts'
import type { UtilisationSnapshot } from './snapshot.ts'

/** What is known of one endpoint. */
export interface EndpointUse {
  readonly endpoint: Endpoint
  /** Most attempts that it takes at once; `undefined` when there is no limit that we know of. */
  readonly capacity: number | undefined
}

/**
 * The averages R, T and S of one service: plain means over its endpoints, each counted once.
 *
 * @param uses the endpoints.
 * @param rates what each of them answers in a second, if that is counted.
 * @param tls how they are spoken to.
 */
export function utilisationOf(
  uses: readonly EndpointUse[],
  rates: readonly number[] | undefined,
  tls: TlsOptions | undefined,
): UtilisationSnapshot {
  const shares = uses.flatMap(({ endpoint: { inFlight }, capacity }) => {
    if (inFlight === 0) return [0]
    return capacity === undefined ? [] : [Math.min(1, inFlight / capacity)]
  })
  return {
    endpoints: uses.length,
    measured: shares.length,
    utilisation: meanOf(shares),
    throughput: rates && meanOf(rates),
    security: meanOf(uses.map(({ endpoint }) => (isCovered(endpoint, tls) ? 1 : 0))),
  }
}

/**
 * The same over all endpoints of several services.
 *
 * @param services what was said of each.
 */
export function joinUtilisation(services: readonly UtilisationSnapshot[]): UtilisationSnapshot {
  const endpoints = services.reduce((sum, each) => sum + each.endpoints, 0)
  const measured = services.reduce((sum, each) => sum + each.measured, 0)
  const total = (value: (each: UtilisationSnapshot) => number) => services.reduce((sum, each) => sum + value(each), 0)
  const mean = (sum: number, count: number) => (count === 0 ? undefined : sum / count)
  return {
    endpoints,
    measured,
    utilisation: mean(
      total((each) => (each.utilisation ?? 0) * each.measured),
      measured,
    ),
    throughput: services.some((each) => each.throughput !== undefined)
      ? mean(
          total((each) => (each.throughput ?? 0) * each.endpoints),
          endpoints,
        )
      : undefined,
    security: mean(
      total((each) => (each.security ?? 0) * each.endpoints),
      endpoints,
    ),
  }
}

/** Whether nobody on the way can read along, or answer in the endpoint's place: TLS with its certificate checked, or a socket of this machine. */
function isCovered({ protocol, socketPath }: Endpoint, tls: TlsOptions | undefined): boolean {
  return socketPath !== undefined || (protocol === 'https:' && tls?.rejectUnauthorized !== false)
}

function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, each) => sum + each, 0) / values.length
}
