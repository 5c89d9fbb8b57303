import type { ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import { readDuration } from '../runtime/duration.ts'
import { pathTo } from './config-problems.ts'
import { isPlainObject, isTexts } from './plan-pieces.ts'
import { serviceDefaults } from './service-defaults.ts'
import { splitProblems } from './split-problems.ts'

type Settings = Readonly<Record<string, unknown>>

/**
 * What is wrong with the routes of a service, seen beside the service itself.
 *
 * @param settings the service, unchecked; what cannot be read is the schema's to tell.
 * @param path where it stands.
 */
export function routeProblems(settings: Settings, path: string): ConfigProblem[] {
  const { routes, subsets = {}, deadline = serviceDefaults.deadline } = settings
  if (!Array.isArray(routes)) return []
  return routes.flatMap((route: unknown, i) => {
    if (!isPlainObject(route)) return []
    const at = pathTo(pathTo(path, 'routes'), i)
    return [
      ...labelProblems(route, isPlainObject(subsets) ? subsets : {}, at),
      ...timeProblems(route, deadline, at),
      ...splitProblems({ split: route.split, subsets }, at),
      ...idleSplitProblems(route, at),
    ]
  })
}

function labelProblems({ subset }: Settings, declared: Settings, path: string): ConfigProblem[] {
  if (!isPlainObject(subset)) return []
  return Object.entries(subset).flatMap(([label, value]) => {
    const at = pathTo(path, 'subset')
    const values = Object.hasOwn(declared, label) ? declared[label] : undefined
    if (values === undefined) {
      const labels = Object.keys(declared)
      const known = labels.length === 0 ? '' : `: ${labels.join(', ')}`
      return [{ path: at, expected: `a label that .subset(...) declares${known}`, received: printValue(label) }]
    }
    if (!isTexts(values) || values.includes(value as string)) return []
    const expected = `a value of the label ${label} that .subset(...) declares: ${values.join(', ')}`
    return [{ path: at, expected, received: printValue(value) }]
  })
}

/** A split by a label that the route says itself would never divide a call. */
function idleSplitProblems({ split, subset }: Settings, path: string): ConfigProblem[] {
  if (!isPlainObject(split) || !isPlainObject(subset) || typeof split.by !== 'string' || !Object.hasOwn(subset, split.by)) return []
  const expected = `another label than those of the route's subset, which no call is divided by: ${Object.keys(subset).join(', ')}`
  return [{ path: pathTo(pathTo(path, 'split'), 'by'), expected, received: printValue(split.by) }]
}

/** A route that limits its attempts must leave its calls the time for one. */
function timeProblems(route: Settings, deadlineOfService: unknown, path: string): ConfigProblem[] {
  const within = isPlainObject(route.retry) ? route.retry.attemptTimeout : undefined
  const names = route.attemptTimeout === undefined ? ['retry', 'attemptTimeout'] : ['attemptTimeout']
  const ms = readDuration(route.attemptTimeout ?? within)
  const { deadline = deadlineOfService } = route
  const limitMs = deadline === false ? Number.POSITIVE_INFINITY : readDuration(deadline)
  if (ms === undefined || limitMs === undefined || ms <= limitMs) return []
  const expected = `a duration not above the deadline of the route, which is ${limitMs} ms`
  return [{ path: names.reduce(pathTo, path), expected, received: `${ms} ms` }]
}
