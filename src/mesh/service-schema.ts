/** What a service of a plan may say, and what it is when it says nothing. */
import * as v from 'valibot'
import type { BalanceFunction, BalancerPart } from '../balancing/balancer.ts'
import type { Classifier } from '../call/verdict.ts'
import { type DirectoryOptions, directoryDefaults } from '../discovery/directory-options.ts'
import type { ResolveFunction, ResolverPart } from '../discovery/resolver.ts'
import { subsetFallbackDefault } from '../routing/subset-fallback.ts'
import { type DispatcherFactory, type HttpOptions, httpDefaults, type TlsOptions } from '../transport/http-options.ts'
import { admissionSchema } from './admission-schema.ts'
import { circuitBreakerSchema } from './circuit-plan.ts'
import { concurrencySchema } from './concurrency-schema.ts'
import { ejectionSchema } from './ejection-schema.ts'
import { faultSchema } from './fault-schema.ts'
import { healthCheckSchema } from './health-check-schema.ts'
import { aliasExpectation, hostInFile, printServiceHost, readServiceHost, type ServiceHost } from './host-syntax.ts'
import { mirrorSchema } from './mirror-schema.ts'
import type { ServicePlanInput } from './plan.ts'
import { someTexts, withForm } from './plan-form.ts'
import { byName, callable, duration, flag, integer, oneOf, options, orFalse, strategy, text, thing } from './plan-pieces.ts'
import { policySchema } from './policy-schema.ts'
import { rateLimitSchema } from './rate-limit-schema.ts'
import { hedgeSchema, retrySchema, sendOnSchema } from './retry-schema.ts'
import { routesSchema } from './route-schema.ts'
import { failoverSchema, localitySchema, subsetFallbackSchema } from './routing-schema.ts'
import { serverDrainingSchema } from './server-draining-schema.ts'
import { serviceDefaults } from './service-defaults.ts'
import { splitSchema } from './split-schema.ts'

/** Every option must have a schema: a new one that is forgotten here does not compile. */
type SchemaOf<T> = { readonly [K in keyof T]-?: v.GenericSchema }

const timeout = () => duration({ from: 0, above: true, endless: true })

const http = options({
  protocol: v.optional(oneOf(['h1', 'h2', 'auto']), httpDefaults.protocol),
  authority: v.optional(thing<string>(aliasExpectation, (value) => readServiceHost(value) !== undefined, hostInFile)),
  connections: v.optional(integer({ from: 1 }), httpDefaults.connections),
  streams: v.optional(integer({ from: 1 }), httpDefaults.streams),
  pending: v.optional(integer({ from: 0 }), httpDefaults.pending),
  pendingTimeout: v.optional(timeout(), httpDefaults.pendingTimeout),
  connectTimeout: v.optional(timeout(), httpDefaults.connectTimeout),
  keepAlive: v.optional(duration({ from: 0, endless: true }), httpDefaults.keepAlive),
  maxConnectionAge: v.optional(timeout(), httpDefaults.maxConnectionAge),
  bodyTimeout: v.optional(timeout(), httpDefaults.bodyTimeout),
  maxReplyBytes: v.optional(integer({ from: 0, endless: true }), httpDefaults.maxReplyBytes),
  dispatcher: v.optional(callable<DispatcherFactory>('a function from an endpoint to an undici dispatcher')),
} satisfies SchemaOf<HttpOptions>)

const directory = options({
  emptyGuard: v.optional(orFalse(duration({ from: 0 })), directoryDefaults.emptyGuard),
  backoff: v.optional(
    options({
      initial: v.optional(duration({ from: 0, above: true }), directoryDefaults.backoff.initial),
      max: v.optional(duration({ from: 0, above: true }), directoryDefaults.backoff.max),
    } satisfies SchemaOf<NonNullable<DirectoryOptions['backoff']>>),
    {},
  ),
  refreshGap: v.optional(duration({ from: 0 }), directoryDefaults.refreshGap),
  snapshotFile: v.optional(text('the path of a file')),
  snapshotAfter: v.optional(duration({ from: 0 }), directoryDefaults.snapshotAfter),
} satisfies SchemaOf<DirectoryOptions>)

const isPem = (value: unknown) => (typeof value === 'string' && value !== '') || value instanceof Uint8Array
const pem = () => withForm(thing<string | Uint8Array>('text or bytes in PEM', isPem), { kind: 'secret', list: false, what: 'text in PEM' })

const tls = options({
  ca: v.optional(
    v.pipe(
      withForm(
        thing<NonNullable<TlsOptions['ca']>>('text or bytes in PEM, or a list of these', (value) =>
          Array.isArray(value) ? value.length > 0 && value.every(isPem) : isPem(value),
        ),
        { kind: 'secret', list: true, what: 'text in PEM' },
      ),
      v.transform((ca) => (Array.isArray(ca) ? Object.freeze([...ca]) : ca)),
    ),
  ),
  cert: v.optional(pem()),
  key: v.optional(pem()),
  servername: v.optional(text('a host name')),
  rejectUnauthorized: v.optional(flag()),
} satisfies SchemaOf<TlsOptions>)

/** A plan is frozen throughout; the object is the schema's own, never the caller's. */
function frozen<T extends object>() {
  return v.transform((made: T) => Object.freeze(made))
}

const subsetValues = v.pipe(
  thing<readonly string[]>(
    'a list of at least one text, none empty and none twice',
    (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((entry) => typeof entry === 'string' && entry !== '') &&
      new Set(value).size === value.length,
    { ...someTexts, uniqueItems: true },
  ),
  v.transform((values) => Object.freeze([...values])),
)

const alias = v.pipe(
  thing<string>(aliasExpectation, (value) => readServiceHost(value) !== undefined, hostInFile),
  v.transform((value) => printServiceHost(readServiceHost(value) as ServiceHost)),
)

/** A service as a plan may describe it. What comes out is a {@link ServicePlan}. */
export const serviceSchema = options({
  resolver: strategy<ResolverPart | ResolveFunction>(
    'resolver',
    'a resolver, as .resolve(...) takes it: fixed([...]), dns(...), an async generator function',
  ),
  directory: v.optional(directory, {}),
  aliases: v.optional(v.pipe(v.array(alias, 'a list of hosts'), frozen()), []),
  subsets: v.optional(v.pipe(byName(subsetValues, 'an object of labels, each with a list of values'), frozen()), {}),
  balancer: v.optional(
    strategy<BalancerPart | BalanceFunction>(
      'balancer',
      'a balancer, as .balance(...) takes it: roundRobin(), or a function (endpoints, call) => endpoint',
    ),
    () => serviceDefaults.balancer,
  ),
  subsetFallback: v.optional(subsetFallbackSchema, subsetFallbackDefault),
  split: v.optional(orFalse(splitSchema), false),
  locality: v.optional(localitySchema),
  failover: v.optional(failoverSchema, {}),
  tls: v.optional(tls),
  http: v.optional(http, {}),
  deadline: v.optional(timeout(), serviceDefaults.deadline),
  sendOn: v.optional(sendOnSchema, {}),
  retry: v.optional(orFalse(retrySchema), {}),
  hedge: v.optional(orFalse(hedgeSchema), false),
  rateLimit: v.optional(orFalse(rateLimitSchema), false),
  concurrency: v.optional(orFalse(concurrencySchema), false),
  admission: v.optional(orFalse(admissionSchema), false),
  ejection: v.optional(orFalse(ejectionSchema), {}),
  healthCheck: v.optional(orFalse(healthCheckSchema), false),
  circuitBreaker: v.optional(circuitBreakerSchema, {}),
  mirror: v.optional(orFalse(mirrorSchema), false),
  fault: v.optional(orFalse(faultSchema), false),
  classifier: v.optional(callable<Classifier>('a classifier: a function (outcome, attempt) => verdict'), () => serviceDefaults.classifier),
  serverDraining: v.optional(serverDrainingSchema, {}),
  routes: v.optional(routesSchema, []),
  policies: v.optional(v.pipe(v.array(policySchema, 'a list of policies'), frozen()), []),
} satisfies SchemaOf<ServicePlanInput>)
