import type { Call } from '../call/call.ts'
import type { Random } from '../runtime/random.ts'
import { parameterOf, restName, segmentsOf } from './path-match.ts'
import { type CallView, RouteMatcher, type RouteMatchPlan } from './route-match.ts'

/** A route, as far as a table needs to know it. */
export interface TableRoute {
  /** See {@link RouteMatchPlan}. */
  readonly match: RouteMatchPlan
  /** Its own stream of chance, for its share. */
  readonly draws: Random
}

interface Row<Route> {
  readonly route: Route
  readonly matcher: RouteMatcher
  readonly share: number
  /** The segments at the beginning of its path that stand for themselves. */
  readonly literals: readonly string[]
}

/** So many segments are looked at, at most, to choose rows by. */
const deepest = 6

/**
 * The routes of a service, made ready once. The first that fits a call is its route.
 *
 * Rows are kept by the first few segments of their paths, as many as divide them best, so that of a hundred routes a call is compared with
 * a few.
 */
export class RouteTable<Route extends TableRoute> {
  readonly #depth: number
  /** In the order of the routes, by the first segments of a path; those that do not say so much are in every list. */
  readonly #rows: ReadonlyMap<string, readonly Row<Route>[]>
  /** Those alone. */
  readonly #open: readonly Row<Route>[]

  /** @param routes first match first. */
  constructor(routes: readonly Route[]) {
    const rows = routes.map((route) => {
      const { match } = route
      return { route, matcher: new RouteMatcher(match), share: match.share ?? 1, literals: literalsOf(match) }
    })
    let best = divided(rows, 0)
    for (let depth = 1; depth <= deepest; depth += 1) {
      const other = divided(rows, depth)
      if (other.longest < best.longest) best = other
    }
    this.#depth = best.depth
    this.#rows = best.byHead
    this.#open = best.open
  }

  /** The route of a call; `undefined` if none is for it. Draws for a share when everything else fits. */
  find(call: Call): Route | undefined {
    const view = viewOf(call)
    for (const { route, matcher, share } of this.#rowsOf(view.path)) {
      if (matcher.fits(view) && (share === 1 || route.draws.next() < share)) return route
    }
    return undefined
  }

  /** The routes that a call may take, each with its chance, first match first, and `undefined` for none; together they are 1. Draws nothing. */
  odds(call: Call): readonly { readonly route: Route | undefined; readonly chance: number }[] {
    const view = viewOf(call)
    const odds: { route: Route | undefined; chance: number }[] = []
    let left = 1
    for (const { route, matcher, share } of this.#rowsOf(view.path)) {
      if (left === 0 || !matcher.fits(view)) continue
      odds.push({ route, chance: left * share })
      left *= 1 - share
    }
    if (left > 0) odds.push({ route: undefined, chance: left })
    return odds
  }

  #rowsOf(path: string): readonly Row<Route>[] {
    const head = this.#depth === 0 ? undefined : headOf(path, this.#depth)
    return (head === undefined ? undefined : this.#rows.get(head)) ?? this.#open
  }
}

function viewOf(call: Call): CallView {
  const end = call.path.indexOf('?')
  return { call, path: end < 0 ? call.path : call.path.slice(0, end), query: undefined }
}

function literalsOf({ path }: RouteMatchPlan): readonly string[] {
  if (path === undefined) return []
  if (typeof path === 'string') return segmentsOf(path)
  if ('pattern' in path) {
    const segments = segmentsOf(path.pattern)
    const end = segments.findIndex((segment) => segment === restName || parameterOf(segment) !== undefined)
    return end < 0 ? segments : segments.slice(0, end)
  }
  const segments = segmentsOf(path.prefix)
  return path.prefix.endsWith('/') ? segments.slice(0, -1) : segments
}

/** Rows by the first segments of their paths, and the length of the longest list. */
function divided<R>(rows: readonly Row<R>[], depth: number) {
  const isOpen = ({ literals }: Row<R>) => depth === 0 || literals.length < depth
  const headOfRow = ({ literals }: Row<R>) => `/${literals.slice(0, depth).join('/')}`
  const open = rows.filter(isOpen)
  const heads = new Set(rows.filter((row) => !isOpen(row)).map(headOfRow))
  const byHead = new Map([...heads].map((head) => [head, rows.filter((row) => isOpen(row) || headOfRow(row) === head)]))
  return { depth, open, byHead, longest: Math.max(open.length, ...[...byHead.values()].map((list) => list.length)) }
}

/** The first segments of a path; `undefined` if it has fewer. */
function headOf(path: string, depth: number): string | undefined {
  let end = 0
  for (let left = depth; left > 0; left -= 1) {
    end = path.indexOf('/', end + 1)
    if (end < 0) return left === 1 ? path : undefined
  }
  return path.slice(0, end)
}
