import type { Locality } from '../endpoint/locality.ts'
import type { LocalitySettings } from './locality-options.ts'

/** One text for one place; empty for nowhere in particular. */
export function placeName({ region, zone }: Locality): string {
  if (region === '') return zone
  return zone === '' ? region : `${region}/${zone}`
}

/** The name under which something is said about a place: the zone in its region, the zone, or the region, whichever comes first. */
export function nameOf(byPlace: Readonly<Record<string, unknown>>, { region, zone }: Locality): string | undefined {
  return [`${region}/${zone}`, zone, region].find((name) => Object.hasOwn(byPlace, name))
}

/** What is said about a place; see {@link nameOf}. */
export function saidOf<T>(byPlace: Readonly<Record<string, T>>, locality: Locality): T | undefined {
  const name = nameOf(byPlace, locality)
  return name === undefined ? undefined : byPlace[name]
}

/** Whether a place is the one that the settings name as their own: their zone, or their region if they name no zone. */
export function isHome({ region, zone }: Locality, own: LocalitySettings): boolean {
  const { region: ownRegion = '', zone: ownZone = '' } = own
  if (ownZone !== '') return zone === ownZone && (ownRegion === '' || region === '' || region === ownRegion)
  return ownRegion !== '' && region === ownRegion
}
