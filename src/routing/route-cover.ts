import { isUnder, type PathMatch, parameterOf, parametersOf, pathMatcher, restName, segmentsOf } from './path-match.ts'
import { type RouteMatchPlan, type ValueMatch, valueFits } from './route-match.ts'

/**
 * Which earlier routes leave a route nothing: one that fits whenever it does, or several that do so for each of its methods.
 *
 * @param match the route.
 * @param earlier those before it, first match first.
 * @returns places in `earlier`; `undefined` when some call may be left, as far as can be told.
 */
export function coveredBy(match: RouteMatchPlan, earlier: readonly RouteMatchPlan[]): readonly number[] | undefined {
  const taking: number[] = []
  let left: readonly string[] | undefined = match.method
  for (const [i, other] of earlier.entries()) {
    if ((other.share ?? 1) < 1 || !coversBesidesMethod(other, match)) continue
    if (other.method === undefined) return [i]
    const { method } = other
    const rest: readonly string[] | undefined = left?.filter((name) => !method.includes(name))
    if (rest === undefined || rest.length === left?.length) continue
    taking.push(i)
    if (rest.length === 0) return taking
    left = rest
  }
  return undefined
}

function coversBesidesMethod(wide: RouteMatchPlan, narrow: RouteMatchPlan): boolean {
  return coversPath(wide.path, narrow.path) && coversValues(wide.headers, narrow.headers) && coversValues(wide.query, narrow.query)
}

/** Whether every path that `narrow` means is one that `wide` means. */
export function coversPath(wide: PathMatch | undefined, narrow: PathMatch | undefined): boolean {
  if (wide === undefined || (typeof wide === 'object' && 'prefix' in wide && wide.prefix === '/')) return true
  if (narrow === undefined) return false
  const fixed = fixedPath(narrow)
  if (fixed !== undefined) return pathMatcher(wide).matches(fixed)
  if (typeof wide === 'string') return false
  if ('prefix' in wide)
    return 'prefix' in (narrow as object) ? isUnder(prefixOf(narrow), wide.prefix) : patternUnder(patternOf(narrow), wide.prefix)
  const segments = segmentsOf(wide.pattern)
  // What a rest takes of a prefix it takes of everything below; without a rest there is always a path below that is too long.
  if (typeof narrow === 'object' && 'prefix' in narrow) return segments.at(-1) === restName && pathMatcher(wide).matches(narrow.prefix)
  return coversPattern(segments, segmentsOf(patternOf(narrow)))
}

/** The only path that is meant, if there is but one. */
function fixedPath(match: PathMatch): string | undefined {
  if (typeof match === 'string') return match
  return 'pattern' in match && parametersOf(match.pattern).length === 0 ? match.pattern : undefined
}

function prefixOf(match: PathMatch): string {
  return (match as { readonly prefix: string }).prefix
}

function patternOf(match: PathMatch): string {
  return (match as { readonly pattern: string }).pattern
}

/** Whether every path of a pattern is under a prefix: its first segments are those of the prefix. */
function patternUnder(pattern: string, prefix: string): boolean {
  const segments = segmentsOf(pattern)
  const slash = prefix.endsWith('/')
  const literals = segmentsOf(slash ? prefix.slice(0, -1) : prefix)
  return segments.length >= literals.length + (slash ? 1 : 0) && literals.every((literal, i) => segments[i] === literal)
}

function coversPattern(wide: readonly string[], narrow: readonly string[]): boolean {
  const rest = wide.at(-1) === restName
  if (rest ? narrow.length < wide.length : narrow.length !== wide.length || narrow.at(-1) === restName) return false
  return wide.slice(0, rest ? -1 : undefined).every((segment, i) => {
    const other = narrow[i] as string
    if (parameterOf(segment) === undefined) return other === segment
    return other !== '' && other !== restName
  })
}

type Values = Readonly<Record<string, ValueMatch>>

/** Whether whatever fits `narrow` fits `wide`. */
function coversValues(wide: Values = {}, narrow: Values = {}): boolean {
  return Object.entries(wide).every(([name, match]) => Object.hasOwn(narrow, name) && coversValue(match, narrow[name] as ValueMatch))
}

function coversValue(wide: ValueMatch, narrow: ValueMatch): boolean {
  if (wide === false || narrow === false) return wide === narrow
  if (wide === true) return true
  if (narrow === true) return false
  if (typeof narrow === 'string') return valueFits(wide, narrow)
  if (!('prefix' in narrow)) return narrow.every((value) => valueFits(wide, value))
  return typeof wide === 'object' && 'prefix' in wide && narrow.prefix.startsWith(wide.prefix)
}
