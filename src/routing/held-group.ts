import type { Endpoint } from '../endpoint/endpoint.ts'
import { placeName } from './place.ts'
import type { GroupPlan } from './routing-plan.ts'

/** What a group gets, whoever it is made of. */
export type GroupPart = Omit<GroupPlan, 'endpoints'>

/**
 * The group that a call goes to which is held to an endpoint: that of the endpoint, if calls go to its tier and place. A degraded one keeps what it
 * has while only healthy ones get new calls.
 *
 * @param held the endpoint.
 * @param groups all groups of the service, or of the subset that the call asks for.
 * @param isIn whether the endpoint is in the group at a place.
 * @returns the place of the group; -1 when the call is not held.
 */
export function heldGroup(held: Endpoint, groups: readonly GroupPart[], isIn: (at: number) => boolean): number {
  for (let at = 0; at < groups.length; at += 1) if (isIn(at)) return isServed(held, groups, at) ? at : -1
  return -1
}

function isServed({ locality }: Endpoint, groups: readonly GroupPart[], at: number): boolean {
  const { name, load } = groups[at] as GroupPart
  if (load > 0) return true
  const tier = name.slice(0, name.indexOf(' '))
  const place = placeName(locality)
  let served = false
  for (const other of groups) {
    if (!other.name.startsWith(`${tier} `)) continue
    if (other.shunned === place) return false
    served ||= other.load > 0
  }
  return served
}
