import type { ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import { pathTo } from '../mesh/config-problems.ts'
import { mergeDefaults } from '../mesh/merge-defaults.ts'
import { nearestName } from '../mesh/nearest-name.ts'
import type { MeshPlan } from '../mesh/plan.ts'
import { convert } from './convert.ts'
import { type FileReading, standIn } from './file-reading.ts'
import { asDraft, fileNameOf, fileSlots, slotSchemas } from './file-slots.ts'
import { type Located, type LocatedMap, plainOf, type Step, stepsOf } from './located.ts'

/** What stands at the top of a file. */
const topNames = ['$schema', 'name', 'outbound', 'defaults', 'services']

/** What a file says, as `net.apply` takes it. */
export interface PlanInput {
  /** Unchecked. */
  readonly plan: unknown
  /** What the defaults say, by the names that plans have. */
  readonly shared: Readonly<Record<string, unknown>>
  /** What each service says itself, by the names that plans have. */
  readonly own: ReadonlyMap<string, Readonly<Record<string, unknown>>>
}

/**
 * Makes of a file what `net.apply` takes. What is wrong with the file itself is noted in `reading`; what is wrong with the plan, the check of the
 * plan will tell.
 */
export function planInput(
  root: Located,
  mesh: { readonly name?: string | undefined; readonly outbound?: MeshPlan['outbound'] | undefined },
  reading: FileReading,
): PlanInput {
  const top = mapOf(root, '', `an object with ${topNames.join(', ')}`, reading)
  if (top !== undefined) refuseUnknown(top, '', topNames, 'the settings of a plan file', reading)
  const scalar = (name: string, otherwise: unknown): unknown => {
    const entry = top?.entries.get(name)
    return entry === undefined ? otherwise : plainOf(entry.value)
  }
  const defaults = top?.entries.get('defaults')?.value
  const shared = defaults === undefined ? {} : settingsOf(defaults, 'defaults', true, reading)
  const own = new Map<string, Readonly<Record<string, unknown>>>()
  const all = top?.entries.get('services')?.value
  if (top !== undefined && all === undefined) problem('', "'services', an object of services by name", 'none', reading)
  const services = all === undefined ? undefined : mapOf(all, 'services', 'an object of services by name', reading)
  for (const [name, { value }] of services?.entries ?? []) own.set(name, serviceOf(value, pathTo('services', name), reading))
  const draft = asDraft(shared)
  const merged = [...own].map(([name, said]) => [name, mergeDefaults(asDraft(said), draft)] as const)
  const plan = { name: scalar('name', mesh.name), outbound: scalar('outbound', mesh.outbound), services: Object.fromEntries(merged) }
  return { plan, shared, own }
}

/** A problem of the plan, as one of the file: by the names that the file has, and in the defaults where those said it. */
export function inTheFile(found: ConfigProblem, { shared, own }: PlanInput): ConfigProblem {
  const [top, name, slot, ...rest] = stepsOf(found.path)
  if (top !== 'services' || typeof name !== 'string') return found
  const path = pathTo('services', name)
  const said = own.get(name)
  if (typeof slot !== 'string' || said === undefined) return { ...found, path }
  const extend = (from: string, steps: readonly Step[]) => steps.reduce<string>(pathTo, pathTo(from, fileNameOf(slot)))
  if (slot === 'policies') {
    // Those of the defaults stand first.
    const [index, ...others] = rest
    const before = Array.isArray(shared.policies) ? shared.policies.length : 0
    const isShared = typeof index === 'number' && index < before
    return {
      ...found,
      path: extend(isShared ? 'defaults' : path, typeof index === 'number' ? [isShared ? index : index - before, ...others] : rest),
    }
  }
  return { ...found, path: extend(!Object.hasOwn(said, slot) && Object.hasOwn(shared, slot) ? 'defaults' : path, rest) }
}

function serviceOf(at: Located, path: string, reading: FileReading): Readonly<Record<string, unknown>> {
  const said = settingsOf(at, path, false, reading)
  if (Object.hasOwn(said, 'resolver')) return said
  if (at.kind === 'map') problem(path, "where its endpoints come from, such as resolve: { dns: 'orders.internal' }", 'nothing', reading)
  return { ...said, resolver: standIn }
}

/** The settings of a service, or of the defaults, by the names that plans have. */
function settingsOf(at: Located, path: string, isDefaults: boolean, reading: FileReading): Readonly<Record<string, unknown>> {
  const map = mapOf(at, path, 'an object of settings', reading)
  if (map === undefined) return {}
  const known = [...fileSlots].filter(([, { shared }]) => shared || !isDefaults).map(([name]) => name)
  refuseUnknown(map, path, [...known, 'bare'], isDefaults ? 'the settings that services can share' : 'the settings of a service', reading)
  const said: [string, unknown][] = []
  for (const [name, { value }] of map.entries) {
    const slot = fileSlots.get(name)
    const within = pathTo(path, name)
    if (name === 'bare') {
      if (value.kind === 'scalar' && typeof value.value === 'boolean') said.push(['bare', value.value])
      else problem(within, 'true or false', printValue(plainOf(value)), reading)
    } else if (slot !== undefined && known.includes(name)) {
      const schema = slotSchemas[slot.planName] as (typeof slotSchemas)[string]
      const before = reading.problems.length
      const made = convert(schema, value, within, reading)
      // A key that was not found would not fit its certificate either.
      if (name !== 'tls' || reading.problems.length === before) said.push([slot.planName, made])
    }
  }
  return Object.fromEntries(said)
}

function mapOf(at: Located, path: string, expected: string, reading: FileReading): LocatedMap | undefined {
  if (at.kind === 'map') return at
  problem(path, expected, printValue(plainOf(at)), reading)
  return undefined
}

function refuseUnknown(at: LocatedMap, path: string, known: readonly string[], what: string, reading: FileReading): void {
  for (const name of at.entries.keys()) {
    if (known.includes(name)) continue
    const nearest = nearestName(name, known)
    const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`
    problem(pathTo(path, name), `one of ${what}: ${known.join(', ')}${hint}`, printValue(name), reading)
  }
}

function problem(path: string, expected: string, received: string, { problems }: FileReading): void {
  problems.push({ path, expected, received })
}
