import { FaultInjector } from '../policies/fault/fault-injector.ts'
import { faultSettings } from '../policies/fault/fault-options.ts'
import { Mirror } from '../policies/mirror/mirror.ts'
import { mirrorSettings } from '../policies/mirror/mirror-options.ts'
import { Split } from '../routing/split.ts'
import { splitSettings } from '../routing/split-options.ts'
import type { Host } from '../runtime/host.ts'
import { samePart } from '../runtime/part.ts'
import type { RuntimeMeans } from './mesh-means.ts'
import type { PartMaker } from './part-maker.ts'
import { toldOf } from './route-host.ts'
import type { RouteParts } from './route-parts.ts'
import type { RoutePlan } from './route-plan.ts'
import type { LayerParts } from './service-parts.ts'
import { useSplit } from './split-control.ts'

/** What a route may have of its own of what divides, copies and spoils calls. What is there and `undefined` is switched off for the route. */
export type RouteTraffic = Partial<Pick<LayerParts, 'split' | 'mirror' | 'fault'>>

/** The routes of a plan, as far as their traffic goes. */
type Routes = readonly Pick<RouteParts, 'name' | 'own'>[]

/**
 * Makes them. One whose settings are the same as before is taken over with all that it knows: where a ramp is, copies under way, what was switched by hand.
 *
 * @param route the plan of the route.
 * @param maker makes its parts.
 * @param means what the mesh gives its services.
 * @param known the route of the same name in the plan before, if there was one.
 */
export function makeRouteTraffic(
  route: RoutePlan,
  maker: PartMaker,
  { find, production }: RuntimeMeans,
  known: RouteParts | undefined,
): RouteTraffic {
  const { name, split, mirror, fault } = route
  const made = <Slot extends keyof RouteTraffic, Settings>(
    slot: Slot,
    settings: Settings | false | undefined,
    create: (settings: Settings, host: Host) => LayerParts[Slot],
  ): Partial<Pick<LayerParts, Slot>> | undefined => {
    if (settings === undefined) return undefined
    const kept = known !== undefined && samePart(known.plan[slot], settings) ? known.own[slot] : undefined
    const one = settings === false ? undefined : (kept ?? maker.make(slot, (host) => create(settings, toldOf(host, name))))
    return { [slot]: one } as Partial<Pick<LayerParts, Slot>>
  }
  return {
    ...made('split', split, (settings, host) => new Split(splitSettings(settings), host)),
    ...made('mirror', mirror, (settings, host) => new Mirror(mirrorSettings(settings, host.service), host, find)),
    ...made('fault', fault, (settings, host) => new FaultInjector(faultSettings(settings), host, production)),
  }
}

/** Puts the splits of a plan's routes in force; those of routes that are gone, or say something else now, are not any more. */
export function useRouteSplits(next: Routes, before: Routes = []): void {
  if (next === before) return
  for (const { name, own } of before) if (!next.some((route) => route.name === name)) useSplit(undefined, own.split)
  for (const { name, own } of next) useSplit(own.split, before.find((route) => route.name === name)?.own.split)
}

/** Copies of a plan's routes are cut off, but for those of mirrors that the plan in force has as well. */
export function closeRouteMirrors(old: Routes, current: Routes = []): void {
  if (old === current) return
  for (const { own } of old) if (!current.some((route) => route.own.mirror === own.mirror)) own.mirror?.close()
}
