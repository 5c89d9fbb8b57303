/** What a plan may say about which calls take a route, and what is changed in them. */
import * as v from 'valibot'
import { type PathMatch, parametersOf, segmentsOf } from '../routing/path-match.ts'
import type { RouteMatch, RouteMatchPlan, ValueMatch } from '../routing/route-match.ts'
import type { RouteRewrite } from '../routing/route-rewrite.ts'
import { type JsonSchema, tokenInFile, tokenPattern } from './plan-form.ts'
import { eachEntry, isPlainObject, number, options, thing } from './plan-pieces.ts'
import {
  carriers,
  freeHeaderInFile,
  headerValue,
  methodInFile,
  newHeadersInFile,
  newPathInFile,
  pathMatchInFile,
  valuesInFile,
} from './route-match-form.ts'

type SchemaOf<T> = { readonly [K in keyof T]-?: v.GenericSchema }

/** Characters of a path as a request has it: neither a query nor a fragment, nothing that would have to be encoded. */
const path = /^\/[^?#\s\p{Cc}]*$/u
const parameter = /^:[A-Za-z_]\w*$/

const isPath = (value: unknown) => typeof value === 'string' && path.test(value)

function isPattern(value: unknown): boolean {
  if (!isPath(value)) return false
  const segments = segmentsOf(value as string)
  const names = parametersOf(value as string)
  return (
    segments.every((segment, i) => (segment === '*' ? i === segments.length - 1 : !segment.startsWith(':') || parameter.test(segment))) &&
    new Set(names).size === names.length
  )
}

function isPathMatch(value: unknown): boolean {
  if (!isPlainObject(value)) return isPath(value)
  const [[kind, what] = [], ...others] = Object.entries(value)
  return others.length === 0 && ((kind === 'prefix' && isPath(what)) || (kind === 'pattern' && isPattern(what)))
}

const isToken = (value: unknown) => typeof value === 'string' && tokenPattern.test(value)

function copied<T extends object>() {
  return v.transform((given: T) => Object.freeze({ ...given }))
}

const pathMatch = v.pipe(
  thing<PathMatch>(
    "a path that begins with '/' and has no query, { prefix: path }, or { pattern: path } with segments such as :id, none twice, and '*' as the last alone",
    isPathMatch,
    pathMatchInFile,
  ),
  v.transform((given) => (typeof given === 'string' ? given : Object.freeze({ ...given }))),
)

const method = v.pipe(
  thing<string | readonly string[]>(
    'a method such as GET, or a list of at least one',
    (value) => (Array.isArray(value) ? value.length > 0 : isToken(value)),
    methodInFile,
  ),
  eachEntry((_, name) => (isToken(name) ? undefined : 'a method such as GET')),
  v.transform((given): readonly string[] =>
    Object.freeze([...new Set((typeof given === 'string' ? [given] : given).map((name) => name.toUpperCase()))]),
  ),
)

function isValueMatch(value: unknown): boolean {
  if (typeof value === 'boolean' || typeof value === 'string') return true
  if (Array.isArray(value)) return value.length > 0 && value.every((entry) => typeof entry === 'string')
  return isPlainObject(value) && Object.keys(value).length === 1 && typeof value.prefix === 'string'
}

function frozenValue(match: ValueMatch): ValueMatch {
  if (typeof match !== 'object') return match
  return Object.freeze('prefix' in match ? { ...match } : [...match])
}

const valueExpected = 'a text, a list of texts, { prefix: text }, true (there) or false (not there)'

/** What must hold of values by name. */
function values(what: string, isName: (name: string) => boolean, spelled: (name: string) => string, names: JsonSchema) {
  return v.pipe(
    thing<Readonly<Record<string, ValueMatch>>>(
      `an object of ${what}, each with ${valueExpected}`,
      (value) =>
        isPlainObject(value) &&
        Object.keys(value).every(isName) &&
        new Set(Object.keys(value).map(spelled)).size === Object.keys(value).length,
      valuesInFile(names),
    ),
    eachEntry((_, match) => (isValueMatch(match) ? undefined : valueExpected)),
    v.transform(
      (given): Readonly<Record<string, ValueMatch>> =>
        Object.freeze(Object.fromEntries(Object.entries(given).map(([name, match]) => [spelled(name), frozenValue(match)]))),
    ),
  )
}

/** See {@link RouteMatch}. */
export const routeMatchSchema = v.pipe(
  options({
    path: v.optional(pathMatch),
    method: v.optional(method),
    headers: v.optional(
      values(
        'names of headers, none twice',
        (name) => tokenPattern.test(name),
        (name) => name.toLowerCase(),
        tokenInFile,
      ),
    ),
    query: v.optional(
      values(
        'names of parameters',
        () => true,
        (name) => name,
        {},
      ),
    ),
    share: v.optional(number({ from: 0, above: true, to: 1 })),
  } satisfies SchemaOf<RouteMatch>),
  v.transform((given) => given as RouteMatchPlan),
)

const isFreeHeader = (name: unknown) => typeof name === 'string' && tokenPattern.test(name) && !carriers.has(name.toLowerCase())

function isNewPath(value: unknown): boolean {
  if (!isPlainObject(value)) return isPattern(value)
  return Object.keys(value).length === 1 && isPath(value.prefix)
}

/** See {@link RouteRewrite}. */
export const routeRewriteSchema = options({
  path: v.optional(
    v.pipe(
      thing<NonNullable<RouteRewrite['path']>>(
        "a path that begins with '/' and has no query, or { prefix: path }",
        isNewPath,
        newPathInFile,
      ),
      v.transform((given) => (typeof given === 'string' ? given : Object.freeze({ ...given }))),
    ),
  ),
  setHeaders: v.optional(
    v.pipe(
      thing<Readonly<Record<string, string>>>(
        `an object of names of headers with texts; not ${[...carriers].join(', ')}`,
        (value) => isPlainObject(value) && Object.keys(value).every(isFreeHeader),
        newHeadersInFile,
      ),
      eachEntry((_, text) => (typeof text === 'string' && headerValue.test(text) ? undefined : 'a text that a header can carry')),
      copied(),
    ),
  ),
  removeHeaders: v.optional(
    v.pipe(
      thing<readonly string[]>(`a list of names of headers; not ${[...carriers].join(', ')}`, Array.isArray, {
        type: 'array',
        items: freeHeaderInFile,
      }),
      eachEntry((_, name) => (isFreeHeader(name) ? undefined : `the name of a header; not ${[...carriers].join(', ')}`)),
      v.transform((given): readonly string[] => Object.freeze([...given])),
    ),
  ),
} satisfies SchemaOf<RouteRewrite>)
