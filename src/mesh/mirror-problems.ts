import type { ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import { pathTo } from './config-problems.ts'
import { nearestName } from './nearest-name.ts'
import { isPlainObject, isTexts } from './plan-pieces.ts'

/** A service that is not checked yet. */
interface Described {
  readonly name: unknown
  readonly settings: unknown
}

/**
 * Mirrors that lead nowhere: to a service that the mesh does not have, to the very endpoints that are mirrored, or to labels that nobody declares.
 *
 * @param services all of them, unchecked; what cannot be read is the schema's to tell.
 */
export function mirrorProblems(services: readonly Described[]): ConfigProblem[] {
  const known = new Map(services.map(({ name, settings }) => [String(name), settings]))
  return services.flatMap(({ name, settings }) => {
    if (!isPlainObject(settings)) return []
    const path = pathTo('services', name)
    const routes: readonly unknown[] = Array.isArray(settings.routes) ? settings.routes : []
    return [
      ...problemsAt(path, String(name), settings, known),
      ...routes.flatMap((route, i) => problemsAt(pathTo(pathTo(path, 'routes'), i), String(name), route, known)),
    ]
  })
}

/** @param holder what has the mirror: a service, or a route of it. */
function problemsAt(path: string, own: string, holder: unknown, known: ReadonlyMap<string, unknown>): ConfigProblem[] {
  if (!isPlainObject(holder) || !isPlainObject(holder.mirror)) return []
  return problemsOf(pathTo(pathTo(path, 'mirror'), 'to'), own, holder.mirror.to, known)
}

function problemsOf(path: string, own: string, to: unknown, known: ReadonlyMap<string, unknown>): ConfigProblem[] {
  const { service, subset } = isPlainObject(to) ? { service: to.service ?? own, subset: to.subset } : { service: to, subset: undefined }
  if (typeof service !== 'string' || service === '') return []
  if (service === own && subset === undefined) {
    return [{ path, expected: 'another service of the mesh, or a subset of this one', received: `${printValue(own)} itself` }]
  }
  if (!known.has(service)) {
    const names = [...known.keys()].filter((name) => name !== own)
    const nearest = nearestName(service, names)
    const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`
    return [{ path, expected: `a service of the mesh: ${names.join(', ') || 'there is no other'}${hint}`, received: printValue(service) }]
  }
  return isPlainObject(subset) ? labelProblems(path, service, subset, known.get(service)) : []
}

function labelProblems(path: string, service: string, subset: Record<string, unknown>, settings: unknown): ConfigProblem[] {
  const declared = isPlainObject(settings) && isPlainObject(settings.subsets) ? settings.subsets : {}
  return Object.entries(subset).flatMap(([label, value]) => {
    const values: unknown = Object.hasOwn(declared, label) ? declared[label] : undefined
    const where = pathTo(pathTo(path, 'subset'), label)
    if (values === undefined) {
      const labels = Object.keys(declared).join(', ')
      return [
        { path: where, expected: `a label that ${service} declares${labels === '' ? '' : `: ${labels}`}`, received: printValue(label) },
      ]
    }
    if (!isTexts(values) || values.includes(value as string)) return []
    return [{ path: where, expected: `one of ${values.join(', ')}`, received: printValue(value) }]
  })
}
