/** The endpoints and clients of one place. */
export interface ZoneCounts {
  /** Healthy endpoints. */
  readonly endpoints: number
  /** Clients: a number, or a share. */
  readonly clients: number
}

/** Parts of ten thousand. */
const whole = 10_000

/**
 * What each place gets of the calls of a client in one of them, so that as few calls as possible leave their place, and yet every endpoint gets
 * the same from all clients together.
 *
 * With at least as large a share of the endpoints as of the clients, everything stays. Otherwise as much stays as endpoints there have room
 * for, and the rest goes where there are more endpoints than clients, by how many more.
 *
 * Source: Envoy's zone-aware routing, with its integer arithmetic in hundredths of a percent.
 *
 * @param own where this client is, among the places.
 * @param places at least one.
 * @returns a weight for each place; `undefined` when there are no clients in the own place, or no endpoints at all, so that nothing can be said.
 */
export function zoneShares(own: number, places: readonly ZoneCounts[]): readonly number[] | undefined {
  const allEndpoints = places.reduce((sum, { endpoints }) => sum + endpoints, 0)
  const allClients = places.reduce((sum, { clients }) => sum + clients, 0)
  if (allEndpoints === 0 || allClients === 0) return undefined
  const upstream = places.map(({ endpoints }) => Math.floor((whole * endpoints) / allEndpoints))
  const local = places.map(({ clients }) => Math.floor((whole * clients) / allClients))
  const ownUpstream = upstream[own] ?? 0
  const ownLocal = local[own] ?? 0
  if (ownLocal === 0) return undefined
  if (ownUpstream >= ownLocal) return places.map((_, i) => (i === own ? 1 : 0))
  const stays = Math.floor((ownUpstream * whole) / ownLocal)
  const residual = places.map((_, i) => (i === own ? 0 : Math.max(0, (upstream[i] as number) - (local[i] as number))))
  const allResidual = residual.reduce((sum, share) => sum + share, 0)
  // Rounding alone can do that.
  if (allResidual === 0) return places.map((_, i) => (i === own ? stays : 0) + (whole - stays) / places.length)
  return residual.map((share, i) => (i === own ? stays * allResidual : (whole - stays) * share))
}
