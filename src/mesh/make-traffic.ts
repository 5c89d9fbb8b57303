import { FaultInjector } from '../policies/fault/fault-injector.ts'
import { faultSettings } from '../policies/fault/fault-options.ts'
import { Mirror } from '../policies/mirror/mirror.ts'
import { mirrorSettings } from '../policies/mirror/mirror-options.ts'
import type { RuntimeMeans } from './mesh-means.ts'
import type { PartMaker } from './part-maker.ts'
import type { ServicePlan } from './plan.ts'

/** What sends copies of a service's calls elsewhere, if its plan asks for them. */
export function makeMirror({ mirror }: Pick<ServicePlan, 'mirror'>, maker: PartMaker, { find }: RuntimeMeans): Mirror | undefined {
  if (mirror === false) return undefined
  return maker.make('mirror', (host) => new Mirror(mirrorSettings(mirror, host.service), host, find))
}

/** What puts faults into a service's attempts, if its plan asks for them. */
export function makeFault(
  { fault }: Pick<ServicePlan, 'fault'>,
  maker: PartMaker,
  { production }: RuntimeMeans,
): FaultInjector | undefined {
  if (fault === false) return undefined
  return maker.make('fault', (host) => new FaultInjector(faultSettings(fault), host, production))
}
