/** What a plan may say about the routes of a service. */
import * as v from 'valibot'
import { serviceCircuitDefaults } from '../health/circuit-options.ts'
import { parametersOf } from '../routing/path-match.ts'
import { coveredBy } from '../routing/route-cover.ts'
import type { RouteMatchPlan } from '../routing/route-match.ts'
import type { RouteRewrite } from '../routing/route-rewrite.ts'
import { admissionSchema } from './admission-schema.ts'
import { circuitEntries } from './circuit-plan.ts'
import { routeConcurrencySchema } from './concurrency-schema.ts'
import { faultSchema } from './fault-schema.ts'
import { mirrorSchema } from './mirror-schema.ts'
import { textsByName } from './plan-form.ts'
import { duration, isPlainObject, options, orFalse, text, thing } from './plan-pieces.ts'
import { policySchema } from './policy-schema.ts'
import { rateLimitSchema } from './rate-limit-schema.ts'
import { hedgeSchema, retrySchema } from './retry-schema.ts'
import { routeMatchSchema, routeRewriteSchema } from './route-match-schema.ts'
import type { RouteOptions, RouteOverrides } from './route-options.ts'
import { nameOfMatch, type RoutePlan } from './route-plan.ts'
import { splitSchema } from './split-schema.ts'

type SchemaOf<T> = { readonly [K in keyof T]-?: v.GenericSchema }

const timeout = () => duration({ from: 0, above: true, endless: true })

const isText = (value: unknown) => typeof value === 'string' && value !== ''

const labels = v.pipe(
  thing<Readonly<Record<string, string>>>(
    'an object of at least one label with its value',
    (value) => isPlainObject(value) && Object.keys(value).length > 0 && Object.entries(value).flat().every(isText),
    { ...textsByName, minProperties: 1, propertyNames: { minLength: 1 } },
  ),
  v.transform((given) => Object.freeze({ ...given })),
)

/** What a route may have of its own in place of what the service has: a line each. */
const overrides = {
  deadline: v.optional(
    v.pipe(
      orFalse(timeout()),
      v.transform((given) => (given === false ? Number.POSITIVE_INFINITY : given)),
    ),
  ),
  attemptTimeout: v.optional(orFalse(timeout())),
  retry: v.optional(orFalse(retrySchema)),
  hedge: v.optional(orFalse(hedgeSchema)),
  rateLimit: v.optional(orFalse(rateLimitSchema)),
  concurrency: v.optional(orFalse(routeConcurrencySchema)),
  admission: v.optional(orFalse(admissionSchema)),
  circuitBreaker: v.optional(orFalse(options(circuitEntries(serviceCircuitDefaults)))),
  split: v.optional(orFalse(splitSchema)),
  mirror: v.optional(orFalse(mirrorSchema)),
  fault: v.optional(orFalse(faultSchema)),
  use: v.optional(
    v.pipe(
      v.array(policySchema, 'a list of policies'),
      v.transform((given) => Object.freeze([...given])),
    ),
  ),
} satisfies SchemaOf<RouteOverrides>

const routeSchema = v.pipe(
  options({
    name: v.optional(text('a name: text that is not empty')),
    match: routeMatchSchema,
    rewrite: v.optional(routeRewriteSchema),
    subset: v.optional(labels),
    ...overrides,
  } satisfies SchemaOf<RouteOptions>),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const { value } = dataset
    const { retry, attemptTimeout, match, rewrite } = value
    if (attemptTimeout !== undefined && retry !== undefined) {
      const message = 'to be left out beside retry, which has an attemptTimeout of its own'
      addIssue({ message, input: attemptTimeout, path: [{ type: 'object', origin: 'value', input: value, key: 'attemptTimeout', value }] })
    }
    const wrong = rewriteProblem(match, rewrite)
    if (wrong === undefined) return
    const input = rewrite as unknown as Record<string, unknown>
    const at = (key: string, parent: Record<string, unknown>, of: unknown) =>
      ({ type: 'object', origin: 'value', input: parent, key, value: of }) as const
    addIssue({ message: wrong, input: rewrite?.path, path: [at('rewrite', { ...value }, input), at('path', input, rewrite?.path)] })
  }),
  v.transform((given): RoutePlan => Object.freeze({ ...given, name: given.name ?? nameOfMatch(given.match) }) as RoutePlan),
)

/** What is wrong with a new path, seen beside what the route matches. */
function rewriteProblem({ path }: RouteMatchPlan, rewrite: RouteRewrite | undefined): string | undefined {
  const changed = rewrite?.path
  if (changed === undefined) return undefined
  if (typeof changed === 'object') {
    return typeof path === 'object' && 'prefix' in path ? undefined : 'a path: only a route that matches { prefix } has one to replace'
  }
  const known = typeof path === 'object' && 'pattern' in path ? parametersOf(path.pattern) : []
  const unknown = parametersOf(changed).find((name) => !known.includes(name))
  if (unknown === undefined) return undefined
  const said = unknown === '*' ? '*' : `:${unknown}`
  const names = known.map((name) => (name === '*' ? '*' : `:${name}`)).join(', ')
  return `a path without ${said}: ${names === '' ? 'the route matches no pattern that names it' : `its pattern has ${names}`}`
}

/** The routes of a service, first match first. What comes out is a list of {@link RoutePlan}. */
export const routesSchema = v.pipe(
  v.array(routeSchema, 'a list of routes'),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const routes = dataset.value
    const { length } = routes
    const problem = (i: number, key: 'name' | 'match', message: string) => {
      const route = routes[i] as RoutePlan
      addIssue({
        message,
        input: route.name,
        path: [
          { type: 'array', origin: 'value', input: routes, key: i, value: route },
          { type: 'object', origin: 'value', input: { ...route }, key, value: route[key] },
        ],
      })
    }
    const named = (i: number) => `"${(routes[i] as RoutePlan).name}" (routes[${i}])`
    for (let i = 0; i < length; i += 1) {
      const { name, match } = routes[i] as RoutePlan
      const first = routes.findIndex((other) => other.name === name)
      if (first < i) problem(i, 'name', `a name that no other route has, as routes[${first}] does`)
      const earlier = routes.slice(0, i).map((route) => route.match)
      const taking = coveredBy(match, earlier)
      if (taking === undefined) continue
      const takers = taking.map(named).join(' and ')
      problem(i, 'match', `a route that can match: ${takers} before it ${taking.length === 1 ? 'takes' : 'take'} every call that it would`)
    }
  }),
  v.transform((routes): readonly RoutePlan[] => Object.freeze(routes)),
)
