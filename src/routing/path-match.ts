/** Which paths a route is for. Paths are compared as they are written: case counts, and `%2F` is no slash. */

/**
 * - `'/v1/orders'`: this path.
 * - `{ prefix: '/v1' }`: this path and those below it, such as `/v1/orders`, but not `/v10`. With a slash at its end, those below it alone.
 * - `{ pattern: '/v1/orders/:id' }`: paths in which `:id` stands for one segment that is not empty. A last segment `*` stands for all that follows.
 */
export type PathMatch = `/${string}` | { readonly prefix: `/${string}` } | { readonly pattern: `/${string}` }

/** What is made of a {@link PathMatch}, once. */
export interface PathMatcher {
  /** With `{name}` and `*` for what varies. */
  readonly template: string
  /** Whether a path, without its query, is meant. */
  matches(path: string): boolean
  /** What `:name` and `*` of a pattern, or what follows a prefix, stands for in a path that matches. */
  read(path: string): ReadonlyMap<string, string>
}

/** The name of what follows a prefix, or of the last segment of a pattern. */
export const restName = '*'

const nothingRead: ReadonlyMap<string, string> = new Map()

/** The segments of a path or of a pattern: `/a/` has two, of which the last is empty. */
export function segmentsOf(path: string): readonly string[] {
  return path.slice(1).split('/')
}

/** The name in a segment such as `:id`; `undefined` for one that stands for itself. */
export function parameterOf(segment: string): string | undefined {
  return segment.startsWith(':') ? segment.slice(1) : undefined
}

/** The names in a pattern, `*` among them. */
export function parametersOf(pattern: string): readonly string[] {
  return segmentsOf(pattern).flatMap((segment) => (segment === restName ? [restName] : (parameterOf(segment) ?? [])))
}

/** Whether a path is one that a prefix means. */
export function isUnder(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false
  return path.length === prefix.length || prefix.endsWith('/') || path.charCodeAt(prefix.length) === 47
}

/** Makes a matcher. */
export function pathMatcher(match: PathMatch): PathMatcher {
  if (typeof match === 'string') return { template: match, matches: (path) => path === match, read: () => nothingRead }
  if ('prefix' in match) {
    const { prefix } = match
    return {
      template: `${prefix.endsWith('/') ? prefix : `${prefix}/`}*`,
      matches: (path) => isUnder(path, prefix),
      read: (path) => new Map([[restName, path.slice(prefix.length)]]),
    }
  }
  return patternMatcher(match.pattern)
}

function patternMatcher(pattern: string): PathMatcher {
  const segments = segmentsOf(pattern)
  const names = parametersOf(pattern)
  const source = segments.map((segment) => {
    if (segment === restName) return '(.*)'
    return parameterOf(segment) === undefined ? escaped(segment) : '([^/]+)'
  })
  // No two neighbours can both take a character, so that the time is linear in the length of the path.
  const expression = new RegExp(`^/${source.join('/')}$`, 's')
  return {
    template: `/${segments.map((segment) => (parameterOf(segment) === undefined ? segment : `{${parameterOf(segment)}}`)).join('/')}`,
    matches: names.length === 0 ? (path) => path === pattern : (path) => expression.test(path),
    read: (path) => {
      const found = expression.exec(path)
      return new Map(names.map((name, i) => [name, found?.[i + 1] ?? '']))
    },
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
