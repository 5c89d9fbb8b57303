import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Locality } from '../endpoint/locality.ts'
import type { FailoverSettings } from './failover-options.ts'
import type { LocalitySettings } from './locality-options.ts'
import { isHome, nameOf, placeName, saidOf } from './place.ts'
import { zoneShares } from './zone-shares.ts'

/** The endpoints of one place that may be used, and its part of the calls that come to its tier. */
export interface PlaceShare {
  /** See {@link placeName}. */
  readonly place: string
  /** At least one; frozen. */
  readonly endpoints: readonly Endpoint[]
  /** In relation to the others; 0 for one that only calls come to which have tried the others. */
  readonly weight: number
}

/** A tier, of which some may be used. */
export interface SplitTier {
  /** All of its endpoints. */
  readonly endpoints: readonly Endpoint[]
  /** Those of them that may be used. */
  readonly eligible: readonly Endpoint[]
  /** Whether it is the first tier, and these are its healthy ones. */
  readonly foremost: boolean
  /** Which of them leave as planned. */
  readonly isLeaving: (endpoint: Endpoint) => boolean
}

interface Place {
  readonly locality: Locality
  readonly eligible: Endpoint[]
  /** How many there are, without those that are leaving. */
  total: number
}

/**
 * Divides the endpoints of a tier that may be used by place.
 *
 * @returns `undefined` when places do not matter here.
 */
export function splitByPlace(
  tier: SplitTier,
  own: LocalitySettings | undefined,
  failover: FailoverSettings,
): readonly PlaceShare[] | undefined {
  if (own === undefined || (own.mode !== 'weighted' && own.mode !== 'zone-aware')) return undefined
  if (own.mode === 'zone-aware' && (!tier.foremost || tier.eligible.length < own.minClusterSize)) return undefined
  const places = placesOf(tier)
  const weights = own.mode === 'weighted' ? byWeight(places, own, failover) : byZone(places, own)
  if (weights === undefined) return undefined
  const shares = places.map(({ locality, eligible }, i) => ({
    place: placeName(locality),
    endpoints: Object.freeze(eligible),
    weight: weights[i] as number,
  }))
  const used = shares.filter(({ endpoints }) => endpoints.length > 0)
  return used.some(({ weight }) => weight > 0) ? used.sort((left, right) => right.weight - left.weight) : undefined
}

function placesOf({ endpoints, eligible, isLeaving }: SplitTier): readonly Place[] {
  const places = new Map<string, Place>()
  // Most endpoints share their locality object with nobody, so the text decides.
  const placeOf = ({ locality }: Endpoint): Place => {
    const name = placeName(locality)
    let place = places.get(name)
    if (place === undefined) places.set(name, (place = { locality, eligible: [], total: 0 }))
    return place
  }
  for (const endpoint of endpoints) placeOf(endpoint).total += isLeaving(endpoint) ? 0 : 1
  for (const endpoint of eligible) placeOf(endpoint).eligible.push(endpoint)
  return [...places.values()]
}

/** A place gets its weight, less as far as too few of its endpoints may be used. */
function byWeight(places: readonly Place[], { weights = {} }: LocalitySettings, failover: FailoverSettings): readonly number[] {
  return places.map(({ locality, eligible, total }) => {
    const weight = saidOf(weights, locality) ?? 0
    return weight * Math.min(1, (failover.overprovisioningFactor * eligible.length) / total)
  })
}

function byZone(places: readonly Place[], own: LocalitySettings): readonly number[] | undefined {
  if (places.length < 2) return undefined
  const home = places.findIndex(({ locality }) => isHome(locality, own))
  const { forceLocalZone, clients, region = '', zone = '' } = own
  const atHome = places[home]?.eligible.length ?? 0
  if (forceLocalZone !== false && atHome >= forceLocalZone) return places.map((_, i) => (i === home ? 1 : 0))
  const clientsIn = (locality: Locality) => (clients === 'equal' ? 1 : (saidOf(clients, locality) ?? 0))
  const counts = places.map(({ locality, eligible }) => ({ endpoints: eligible.length, clients: clientsIn(locality) }))
  // Zones without endpoints have clients all the same, and this may be one of them.
  const known = places.map(({ locality }) => locality)
  if (home < 0) {
    counts.push({ endpoints: 0, clients: clientsIn({ region, zone }) })
    known.push({ region, zone })
  }
  const elsewhere = clients === 'equal' ? 0 : clientsBeside(known, clients)
  return zoneShares(home < 0 ? counts.length - 1 : home, [...counts, { endpoints: 0, clients: elsewhere }])
}

/** How many clients are in places other than the known ones. */
function clientsBeside(known: readonly Locality[], clients: Readonly<Record<string, number>>): number {
  const names = new Set(known.map((locality) => nameOf(clients, locality)))
  return Object.entries(clients).reduce((sum, [name, count]) => (names.has(name) ? sum : sum + count), 0)
}
