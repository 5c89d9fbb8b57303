import type { Call } from '../call/call.ts'
import type { HeaderList } from '../call/header-list.ts'
import { type PathMatch, type PathMatcher, pathMatcher } from './path-match.ts'

/**
 * What a header, or a parameter of the query, must be: a text or one of several, a text that begins so, there at all (`true`), or not there
 * (`false`). Of one that is there several times, one must fit.
 */
export type ValueMatch = boolean | string | readonly string[] | { readonly prefix: string }

/** Which calls take a route: those that fit everything that is said here, so `{}` means every call. */
export interface RouteMatch {
  /** See {@link PathMatch}. @defaultValue any path */
  readonly path?: PathMatch | undefined
  /** A method or several, in any case. @defaultValue any method */
  readonly method?: string | readonly string[] | undefined
  /** Headers by name. @defaultValue any headers */
  readonly headers?: Readonly<Record<string, ValueMatch>> | undefined
  /** Parameters of the query by name, decoded. @defaultValue any query */
  readonly query?: Readonly<Record<string, ValueMatch>> | undefined
  /** The share of the calls that fit the rest, drawn by chance once a call: greater than 0, at most 1. @defaultValue 1 */
  readonly share?: number | undefined
}

/** {@link RouteMatch} in a finished plan: methods as a list, in upper case; names of headers in lower case. */
export interface RouteMatchPlan extends RouteMatch {
  /** See {@link RouteMatch.method}. */
  readonly method?: readonly string[] | undefined
}

/** One header, or one parameter, and what it must be. */
interface Condition {
  readonly name: string
  readonly absent: boolean
  readonly fits: (value: string) => boolean
}

/** What calls are looked at for, with what was read of one already. */
export interface CallView {
  readonly call: Call
  /** The path without its query. */
  readonly path: string
  /** Read when somebody asks. */
  query: URLSearchParams | undefined
}

/** Tells whether a call takes a route, as far as that does not depend on chance. */
export class RouteMatcher {
  /** `undefined` for any path. */
  readonly path: PathMatcher | undefined
  readonly #methods: readonly string[] | undefined
  readonly #headers: readonly Condition[]
  readonly #query: readonly Condition[]

  /** @param match see {@link RouteMatchPlan}. */
  constructor({ path, method, headers, query }: RouteMatchPlan) {
    this.path = path === undefined ? undefined : pathMatcher(path)
    this.#methods = method
    this.#headers = conditions(headers)
    this.#query = conditions(query)
  }

  /** Whether a call fits. */
  fits(view: CallView): boolean {
    const { path } = this
    if (path !== undefined && !path.matches(view.path)) return false
    if (this.#methods !== undefined && !this.#methods.includes(view.call.method)) return false
    for (const condition of this.#headers) if (hasHeader(view.call.headers, condition) === condition.absent) return false
    for (const condition of this.#query) if (hasParameter(view, condition) === condition.absent) return false
    return true
  }
}

/** Whether a value is one that is meant; of `false`, whether it is there. */
export function valueFits(match: ValueMatch, value: string): boolean {
  if (typeof match === 'boolean') return true
  if (typeof match === 'string') return value === match
  return 'prefix' in match ? value.startsWith(match.prefix) : match.includes(value)
}

function conditions(given: Readonly<Record<string, ValueMatch>> = {}): readonly Condition[] {
  return Object.entries(given).map(([name, match]) => ({ name, absent: match === false, fits: (value) => valueFits(match, value) }))
}

function hasHeader(headers: HeaderList, { name, fits }: Condition): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    const written = headers[i] as string
    if (written.length === name.length && written.toLowerCase() === name && fits(headers[i + 1] as string)) return true
  }
  return false
}

function hasParameter(view: CallView, { name, fits }: Condition): boolean {
  view.query ??= new URLSearchParams(view.call.path.slice(view.path.length + 1))
  return view.query.getAll(name).some(fits)
}
