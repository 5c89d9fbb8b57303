import { nothingSaid } from '../mesh/merge-defaults.ts'
import { formOf } from '../mesh/plan-form.ts'
import type { DraftSettings } from '../mesh/service-draft-impl.ts'
import { serviceSchema } from '../mesh/service-schema.ts'

/** Settings that files call as the builder does, and plans do not. All others have one name. */
const fileNames: Readonly<Record<string, string>> = {
  resolver: 'resolve',
  balancer: 'balance',
  classifier: 'classify',
  policies: 'use',
  aliases: 'alias',
  subsets: 'subset',
  routes: 'route',
}

/** Settings that belong to one service, so that the defaults cannot have them. */
const ownOnly: ReadonlySet<string> = new Set(['resolver', 'directory', 'aliases', 'subsets', 'subsetFallback', 'routes', 'split', 'mirror'])

/** A setting of a service, as a file has it. */
export interface FileSlot {
  /** What plans call it. */
  readonly planName: string
  /** Whether the defaults may have it, too. */
  readonly shared: boolean
}

const form = formOf(serviceSchema)
if (form?.kind !== 'options') throw new TypeError('the schema of a service has no form')

/** The schema of each setting of a service, by the name that plans have for it. */
export const slotSchemas = form.entries

/** What a file calls a setting. */
export function fileNameOf(planName: string): string {
  return Object.hasOwn(fileNames, planName) ? (fileNames[planName] as string) : planName
}

/** Every setting of a service by what files call it. */
export const fileSlots: ReadonlyMap<string, FileSlot> = new Map(
  Object.keys(slotSchemas).map((planName) => [fileNameOf(planName), { planName, shared: !ownOnly.has(planName) }]),
)

/** Settings as a draft has them: those that it collects apart from those that it sets once. */
export function asDraft(said: Readonly<Record<string, unknown>>): DraftSettings {
  const [collected, slots]: Record<string, unknown>[] = [{}, {}]
  for (const [name, value] of Object.entries(said)) {
    const into = name !== 'slots' && name !== 'problems' && Object.hasOwn(nothingSaid, name) ? collected : slots
    Object.defineProperty(into, name, { value, enumerable: true })
  }
  return { ...nothingSaid, ...collected, slots: slots as Record<string, unknown> }
}
