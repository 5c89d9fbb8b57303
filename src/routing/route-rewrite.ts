import type { Call } from '../call/call.ts'
import type { HeaderList } from '../call/header-list.ts'
import { type PathMatcher, restName } from './path-match.ts'

/** What a route changes in a request. The query stays as it is. */
export interface RouteRewrite {
  /**
   * The path that endpoints see: as a text in which `:name` and a last segment `*` stand for what they stood for in the pattern of the route, or,
   * of a route that matches by a prefix, what stands in place of that prefix.
   *
   * @defaultValue the caller's
   */
  readonly path?: `/${string}` | { readonly prefix: `/${string}` } | undefined
  /** Headers to set, in place of what the caller wrote for them. @defaultValue none */
  readonly setHeaders?: Readonly<Record<string, string>> | undefined
  /** Headers to leave out. @defaultValue none */
  readonly removeHeaders?: readonly string[] | undefined
}

/** What a route does to requests, made ready once. */
export class Rewriter {
  readonly #matcher: PathMatcher | undefined
  readonly #path: RouteRewrite['path']
  /** Texts, and names to fill in, in turn. */
  readonly #pieces: readonly string[]
  readonly #set: HeaderList
  readonly #gone: ReadonlySet<string>

  /**
   * @param rewrite what to change.
   * @param matcher reads the names in the path; `undefined` for a route that matches any path.
   */
  constructor({ path, setHeaders = {}, removeHeaders = [] }: RouteRewrite, matcher: PathMatcher | undefined) {
    this.#matcher = matcher
    this.#path = path
    this.#pieces = typeof path === 'string' ? piecesOf(path) : []
    this.#set = Object.entries(setHeaders).flat()
    this.#gone = new Set([...Object.keys(setHeaders), ...removeHeaders].map((name) => name.toLowerCase()))
  }

  /** The path and query of a call that matches, as the endpoint shall see them. */
  pathOf({ path: written }: Call): string {
    const path = this.#path
    if (path === undefined) return written
    const end = written.indexOf('?')
    const query = end < 0 ? '' : written.slice(end)
    if (this.#pieces.length === 1) return `${path as string}${query}`
    const read = this.#matcher?.read(end < 0 ? written : written.slice(0, end))
    if (typeof path === 'object') return `${joined(path.prefix, read?.get(restName) ?? '')}${query}`
    return `${this.#pieces.map((piece, i) => (i % 2 === 0 ? piece : (read?.get(piece) ?? ''))).join('')}${query}`
  }

  /** The headers of a call, as the endpoint shall see them. */
  headersOf({ headers }: Call): HeaderList {
    if (this.#gone.size === 0) return headers
    const kept: string[] = []
    for (let i = 0; i < headers.length; i += 2) {
      if (!this.#gone.has((headers[i] as string).toLowerCase())) kept.push(headers[i] as string, headers[i + 1] as string)
    }
    kept.push(...this.#set)
    return kept
  }
}

/** A path as texts and names in turn: `/orders/:id/lines` is `/orders/`, `id`, `/lines`. */
function piecesOf(path: string): readonly string[] {
  return path.split(/(?<=\/)(?::([A-Za-z_]\w*)(?=\/|$)|(\*)$)/).filter((piece) => piece !== undefined)
}

/** Puts a path behind another one, with one slash in between. */
function joined(prefix: string, rest: string): string {
  if (rest === '') return prefix
  return `${prefix.endsWith('/') ? prefix.slice(0, -1) : prefix}${rest.startsWith('/') ? rest : `/${rest}`}`
}
