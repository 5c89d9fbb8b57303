import { random } from '../balancing/random.ts'
import { type DraftSettings, ServiceDraftImpl } from './service-draft-impl.ts'

/** Defaults in which nothing is said. */
export const nothingSaid = ServiceDraftImpl.settingsOf(new ServiceDraftImpl(true)) as DraftSettings

/** What `.bare()` says, unless the same draft says it itself. */
const bareSlots: Readonly<Record<string, unknown>> = Object.freeze({
  deadline: Number.POSITIVE_INFINITY,
  retry: false,
  ejection: false,
  healthCheck: false,
  circuitBreaker: false,
  hedge: false,
  concurrency: false,
  admission: false,
  sendOn: Object.freeze({ send: false }),
  balancer: random(),
  serverDraining: false,
})

/**
 * A service as a plan describes it: what it says itself, then what `.bare()` says, then the defaults.
 *
 * @param own the service.
 * @param shared the defaults of the mesh.
 */
export function mergeDefaults(own: DraftSettings, shared: DraftSettings): Record<string, unknown> {
  return {
    ...slotsOf(shared),
    ...slotsOf(own),
    aliases: own.aliases,
    subsets: own.subsets,
    routes: own.routes,
    policies: [...shared.policies, ...own.policies],
  }
}

/** What the slots of a draft say. A slot that was given `undefined` says nothing. */
function slotsOf({ slots }: DraftSettings): Record<string, unknown> {
  const { bare, ...given } = slots
  const said = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...(bare === true ? bareSlots : undefined), ...Object.fromEntries(said) }
}
