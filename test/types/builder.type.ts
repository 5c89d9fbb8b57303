// Compiled, never run: what the builder accepts, and beside it what it refuses.
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { MiddlewareHandler } from 'hono'
import {
  type EndpointSpec,
  fixed,
  gradientLimit,
  type Host,
  inbound,
  inFlight,
  leakyBucket,
  mesh,
  type Policy,
  powerOfTwo,
  type Resolver,
  roundRobin,
  type ServiceDraft,
} from 'proxyless'

const urls = ['http://127.0.0.1:8080']
const tenant: Policy = { name: 'tenant', scope: 'call', layer: () => (next) => (call) => next(call) }

// A service needs a resolver, and nothing else.
mesh().service('orders', (s) => s.resolve(fixed(urls)))
// @ts-expect-error no resolver
mesh().service('orders', (s) => s)
// @ts-expect-error no resolver, though something else is set
mesh().service('orders', (s) => s.deadline('2s'))
// @ts-expect-error not a draft
mesh().service('orders', () => 5)

// The order of slots is free.
mesh().service('orders', (s) => s.deadline('2s').resolve(fixed(urls)).retry(false).balance(roundRobin()).http({}).tls({}))
mesh().service('orders', (s) => s.bare().resolve(fixed(urls)))

// Each slot is set once.
// @ts-expect-error resolver twice
mesh().service('orders', (s) => s.resolve(fixed(urls)).resolve(fixed(urls)))
// @ts-expect-error balancer twice
mesh().service('orders', (s) => s.balance(roundRobin()).balance(roundRobin()).resolve(fixed(urls)))
// @ts-expect-error deadline twice
mesh().service('orders', (s) => s.deadline(1).resolve(fixed(urls)).deadline(2))
// @ts-expect-error retry twice
mesh().service('orders', (s) => s.retry(false).resolve(fixed(urls)).retry({}))
// @ts-expect-error ejection twice
mesh().service('orders', (s) => s.ejection(false).resolve(fixed(urls)).ejection({ maxEjected: 0.3 }))
// @ts-expect-error health check twice
mesh().service('orders', (s) => s.healthCheck({}).healthCheck({ protocol: 'tcp' }).resolve(fixed(urls)))
// @ts-expect-error a wrong option of ejection
mesh().service('orders', (s) => s.resolve(fixed(urls)).ejection({ maxEjectionPercent: 10 }))
// @ts-expect-error a protocol that does not exist
mesh().service('orders', (s) => s.resolve(fixed(urls)).healthCheck({ protocol: 'udp' }))
// @ts-expect-error hedge twice
mesh().service('orders', (s) => s.hedge(false).resolve(fixed(urls)).hedge({}))
// @ts-expect-error classifier twice
mesh().service('orders', (s) => s.classify(() => ({ kind: 'success' })).classify(() => ({ kind: 'success' })))
// @ts-expect-error bare twice
mesh().service('orders', (s) => s.resolve(fixed(urls)).bare().bare())
// @ts-expect-error circuit breaker twice
mesh().service('orders', (s) => s.circuitBreaker(false).resolve(fixed(urls)).circuitBreaker({}))
// @ts-expect-error concurrency twice
mesh().service('orders', (s) => s.concurrency(false).resolve(fixed(urls)).concurrency({ limit: 5 }))
// @ts-expect-error admission twice
mesh().service('orders', (s) => s.admission({}).resolve(fixed(urls)).admission(false))
// Routes are as many as one likes; their options are those of the slots, or false.
mesh().service('orders', (s) =>
  s
    .resolve(fixed(urls))
    .subset('version', ['v1', 'v2'])
    .route({
      name: 'one',
      match: { path: { pattern: '/v1/:id' }, method: ['GET'], headers: { 'x-a': true }, query: { q: { prefix: 'a' } }, share: 0.5 },
      rewrite: { path: '/:id', setHeaders: { 'x-b': 'c' }, removeHeaders: ['x-d'] },
      subset: { version: 'v2' },
      deadline: '2s',
      retry: { attempts: 2, on: ['5xx'] },
      hedge: { after: '50ms' },
      rateLimit: leakyBucket({ permits: 5 }),
      concurrency: { limit: gradientLimit() },
      admission: {},
      circuitBreaker: { openFor: '1s' },
      use: [tenant],
    })
    .route({ match: {}, deadline: false, attemptTimeout: false, retry: false, hedge: false, rateLimit: false, circuitBreaker: false }),
)
// @ts-expect-error no match
mesh().service('orders', (s) => s.resolve(fixed(urls)).route({ deadline: '2s' }))
// @ts-expect-error no path
mesh().service('orders', (s) => s.resolve(fixed(urls)).route({ match: { path: 'v1' } }))
// @ts-expect-error no such kind of path
mesh().service('orders', (s) => s.resolve(fixed(urls)).route({ match: { path: { regex: '/v1' } } }))
// @ts-expect-error a wrong option of an override
mesh().service('orders', (s) => s.resolve(fixed(urls)).route({ match: {}, retry: { tries: 3 } }))
// @ts-expect-error no duration
mesh().service('orders', (s) => s.resolve(fixed(urls)).route({ match: {}, deadline: 'soon' }))
// @ts-expect-error endpoints are limited for the service
mesh().service('orders', (s) => s.resolve(fixed(urls)).route({ match: {}, concurrency: { limit: 5, endpoints: { limit: 5 } } }))
// @ts-expect-error circuits of endpoints are the service's
mesh().service('orders', (s) => s.resolve(fixed(urls)).route({ match: {}, circuitBreaker: { endpoints: true } }))
// @ts-expect-error a balancer is chosen for the service
mesh().service('orders', (s) => s.resolve(fixed(urls)).route({ match: {}, balancer: roundRobin() }))
// @ts-expect-error no subset is declared
mesh().service('orders', (s) => s.resolve(fixed(urls)).route({ match: {}, subset: { version: 'v1' } }))
mesh().service('orders', (s) =>
  s
    .resolve(fixed(urls))
    .subset('version', ['v1'])
    // @ts-expect-error no such value
    .route({ match: {}, subset: { version: 'v2' } }),
)
mesh().service('orders', (s) =>
  s
    .resolve(fixed(urls))
    .subset('version', ['v1'])
    // @ts-expect-error no such label
    .route({ match: {}, subset: { zone: 'a' } }),
)
mesh().service('orders', (s) =>
  s
    .resolve(fixed(urls))
    .subset('version', ['v1', 'v2'])
    .route({
      match: {},
      split: { by: 'version', weights: { v1: 90, v2: 10 } },
      mirror: { to: { subset: { version: 'v2' } } },
      fault: { abort: { share: 0.1, status: 503 } },
    })
    .route({ match: { path: '/v1' }, split: false, mirror: false, fault: false }),
)
mesh().service('orders', (s) =>
  s
    .resolve(fixed(urls))
    .subset('version', ['v1', 'v2'])
    // @ts-expect-error a version that is not declared
    .route({ match: {}, split: { by: 'version', weights: { v3: 100 } } }),
)
// @ts-expect-error routes belong to one service
mesh().defaults((s) => s.route({ match: {} }))
// A limit is a number, one of those that learn, or one of your own.
mesh().service('orders', (s) => s.resolve(fixed(urls)).concurrency({ limit: 5, endpoints: { limit: gradientLimit() } }))
mesh().service('orders', (s) => s.resolve(fixed(urls)).concurrency({ limit: () => ({ name: 'mine', limit: 3 }) }))
// @ts-expect-error a limit in words
mesh().service('orders', (s) => s.resolve(fixed(urls)).concurrency({ limit: 'many' }))
// @ts-expect-error endpoints without a limit
mesh().service('orders', (s) => s.resolve(fixed(urls)).concurrency({ endpoints: { queue: 3 } }))
// @ts-expect-error fault twice
mesh().service('orders', (s) => s.fault(false).resolve(fixed(urls)).fault({ header: true }))
// @ts-expect-error mirror twice
mesh().service('orders', (s) => s.mirror({ to: 'copies' }).resolve(fixed(urls)).mirror(false))
// @ts-expect-error a mirror to nowhere
mesh().service('orders', (s) => s.resolve(fixed(urls)).mirror({ share: 0.1 }))
// @ts-expect-error a mirror among the defaults
mesh().defaults((s) => s.mirror({ to: 'copies' }))
// Faults may be shared.
mesh().defaults((s) => s.fault({ abort: { share: 0.1, status: 503 }, delay: { share: 0.1, time: { min: '10ms', max: '1s' } } }))
// @ts-expect-error a status and an error
mesh().service('orders', (s) => s.resolve(fixed(urls)).fault({ abort: { share: 0.1, status: 503, error: 'reset' } }))
// @ts-expect-error neither of them
mesh().service('orders', (s) => s.resolve(fixed(urls)).fault({ abort: { share: 0.1 } }))
// @ts-expect-error an error that does not exist
mesh().service('orders', (s) => s.resolve(fixed(urls)).fault({ abort: { share: 0.1, error: 'boom' } }))
// @ts-expect-error a delay without a time
mesh().service('orders', (s) => s.resolve(fixed(urls)).fault({ delay: { share: 0.1 } }))
// Policies and aliases add up.
mesh().service('orders', (s) => s.resolve(fixed(urls)).use(tenant).use(tenant, tenant).alias('a').alias('b', 'c:80'))

// A resolver may be a part or an async generator function; its parameters are known.
mesh().service('orders', (s) =>
  s.resolve(async function* (service, { signal, pause }) {
    while (!signal.aborted) {
      yield [`http://${service}.internal`]
      await pause(1_000)
    }
  }),
)
mesh().service('orders', (s) => s.resolve((host: Host): Resolver => ({ name: host.service, watch: async function* () {} })))
mesh().service('orders', (s) => s.resolve(fixed(urls), { emptyGuard: false, backoff: { max: '1m' } }))
// @ts-expect-error a list is not a resolver
mesh().service('orders', (s) => s.resolve(urls))
// @ts-expect-error a wrong option of the directory
mesh().service('orders', (s) => s.resolve(fixed(urls), { emptyGard: '1s' }))

// A balancer may be a part or a function; its parameters are known.
mesh().service('orders', (s) => s.resolve(fixed(urls)).balance(powerOfTwo(inFlight())))
mesh().service('orders', (s) =>
  s.resolve(fixed(urls)).balance((endpoints) => endpoints.find((e) => e.locality.zone === 'a') ?? endpoints[0]),
)
mesh().service('orders', (s) => s.resolve(fixed(urls)).balance((endpoints, call) => endpoints[call.path.length % endpoints.length]))
// @ts-expect-error a meter is not a balancer
mesh().service('orders', (s) => s.resolve(fixed(urls)).balance(inFlight()))

// Durations are numbers, or text with a unit.
mesh().service('orders', (s) => s.resolve(fixed(urls)).deadline(250).http({ connectTimeout: '1.5s' }))
mesh().service('orders', (s) => s.resolve(fixed(urls)).deadline(Number.POSITIVE_INFINITY))
// @ts-expect-error no unit that exists
mesh().service('orders', (s) => s.resolve(fixed(urls)).deadline('2 seconds'))
// @ts-expect-error no unit
mesh().service('orders', (s) => s.resolve(fixed(urls)).retry({ attemptTimeout: '400' }))

// What is repeated, and what is told to servers.
mesh().service('orders', (s) =>
  s
    .resolve(fixed(urls))
    .deadline('2s', { send: 'always', headers: ['grpc-timeout'] })
    .retry({ on: ['5xx', 408, (outcome) => outcome.ok], backoff: { kind: 'decorrelated' }, retryAfter: false, enforce: 0.5 })
    .hedge({ after: '50ms' }),
)
// @ts-expect-error no such class
mesh().service('orders', (s) => s.resolve(fixed(urls)).retry({ on: ['4xx'] }))
// @ts-expect-error no such kind
mesh().service('orders', (s) => s.resolve(fixed(urls)).retry({ backoff: { kind: 'linear' } }))
// @ts-expect-error no such header
mesh().service('orders', (s) => s.resolve(fixed(urls)).deadline('2s', { headers: ['x-deadline'] }))

// A handler keeps its type; middleware fits servers of both styles.
const listener: RequestListener = inbound((request, response) => void response.end(request.url))
createServer(listener)
const web: (request: Request) => Promise<Response> = inbound(async (request: Request) => new Response(request.url))
const express: (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void = inbound()
const hono: MiddlewareHandler = inbound({ deadline: '5s' })
void [web, express, hono]
// @ts-expect-error no such option
inbound({ deadlin: '5s' })

// Options that do not exist.
// @ts-expect-error attempts, not tries
mesh().service('orders', (s) => s.resolve(fixed(urls)).retry({ tries: 3 }))
mesh().service('orders', (s) => s.resolve(fixed(urls)).circuitBreaker({ openFor: '2s', slowCall: false, service: { enforce: 0 } }))
// @ts-expect-error openFor, not resetTimeout
mesh().service('orders', (s) => s.resolve(fixed(urls)).circuitBreaker({ resetTimeout: '2s' }))
// @ts-expect-error the circuit of a service has no scopes of its own
mesh().service('orders', (s) => s.resolve(fixed(urls)).circuitBreaker({ service: { endpoints: true } }))
// @ts-expect-error h3 is not spoken
mesh().service('orders', (s) => s.resolve(fixed(urls)).http({ protocol: 'h3' }))
// @ts-expect-error outbound, not egress
mesh({ egress: 'passthrough' })
// @ts-expect-error no such way
mesh({ outbound: 'blocked' })

// A name is given once.
mesh()
  .service('orders', (s) => s.resolve(fixed(urls)))
  .service('users', (s) => s.resolve(fixed(urls)))
mesh()
  .service('orders', (s) => s.resolve(fixed(urls)))
  // @ts-expect-error the same name
  .service('orders', (s) => s.resolve(fixed(urls)))

// Names that are known at run time only: a mesh in a loop.
const names: string[] = ['a', 'b']
let many = mesh().service(names[0] as string, (s) => s.resolve(fixed(urls)))
for (const name of names) many = many.service(name, (s) => s.resolve(fixed(urls)))
void many.build().service('a').fetch('/')

// Defaults are for what services can share, and are set once.
mesh().defaults((s) => s.deadline('1s').retry(false).use(tenant).http({}).tls({}).balance(roundRobin()).bare())
// @ts-expect-error a resolver belongs to one service
mesh().defaults((s) => s.resolve(fixed(urls)))
// @ts-expect-error an alias belongs to one service
mesh().defaults((s) => s.alias('orders.internal'))
// @ts-expect-error a subset belongs to one service
mesh().defaults((s) => s.subset('version', ['v1']))
// @ts-expect-error a slot twice
mesh().defaults((s) => s.deadline(1).deadline(2))
const withDefaults = mesh().defaults((s) => s)
// @ts-expect-error defaults twice
withDefaults.defaults((s: never) => s)

// Shared settings are a function from draft to draft; what it set is known afterwards.
const patient = (s: ServiceDraft) => s.deadline('1m').retry({ attempts: 5 })
mesh().service('reports', (s) => s.apply(patient).resolve(fixed(urls)))
// @ts-expect-error the deadline is set by patient
mesh().service('reports', (s) => s.apply(patient).resolve(fixed(urls)).deadline('2s'))

// Specs of endpoints.
const specs: EndpointSpec[] = [{ url: 'http://10.0.0.7', weight: 2, zone: 'a', priority: 1, labels: { version: 'v1' } }]
mesh().service('orders', (s) => s.resolve(fixed(specs)))
// @ts-expect-error labels are text
mesh().service('orders', (s) => s.resolve(fixed([{ url: 'http://10.0.0.7', labels: { version: 1 } }])))

// Places and failover.
mesh().service('orders', (s) =>
  s
    .resolve(fixed(urls))
    .locality({ zone: 'a', clients: { a: 1, b: 2 } })
    .failover({ panicThreshold: 0 }),
)
mesh().defaults((s) =>
  s.locality({ region: 'eu', zone: 'a', mode: 'failover', failover: { eu: 'us' } }).failover({ spill: 'all-or-nothing' }),
)
// @ts-expect-error no such mode
mesh().service('orders', (s) => s.resolve(fixed(urls)).locality({ mode: 'nearest' }))
// @ts-expect-error locality twice
mesh().service('orders', (s) => s.resolve(fixed(urls)).locality({ zone: 'a' }).locality({ zone: 'b' }))
// @ts-expect-error failover twice
mesh().service('orders', (s) => s.resolve(fixed(urls)).failover({}).failover({}))

// What stands in for a subset is made of the subsets that are declared.
mesh().service('orders', (s) =>
  s
    .resolve(fixed(urls))
    .subset('v', ['1', '2'])
    .subsetFallback({ subset: { v: '1' }, panicModeAny: true }),
)
mesh().service('orders', (s) =>
  s
    .resolve(fixed(urls))
    .subset('v', ['1'])
    .subset('w', ['x'])
    .subsetFallback({ keys: ['w'] }),
)
mesh().service('orders', (s) =>
  s
    .resolve(fixed(urls))
    .subset('v', ['1', '2'])
    .subsetFallback({ alternatives: [{ v: '2' }, { v: '1' }] }),
)
const versioned = mesh().service('orders', (s) => {
  const draft = s.resolve(fixed(urls)).subset('v', ['1'])
  // @ts-expect-error no such value
  draft.subsetFallback({ subset: { v: '3' } })
  // @ts-expect-error no such label
  draft.subsetFallback({ keys: ['w'] })
  return draft.subsetFallback('any')
})
void versioned
// @ts-expect-error no subsets yet
mesh().service('orders', (s) => s.resolve(fixed(urls)).subsetFallback('any'))

// A split is by a label that is declared, among its values; by any, if none is declared.
mesh().service('orders', (s) => s.resolve(fixed(urls)).split({ by: 'v', weights: { a: 95, b: 5 }, stickyBy: { header: 'x-user-id' } }))
mesh().service('orders', (s) => s.resolve(fixed(urls)).split(false))
const divided = mesh().service('orders', (s) => {
  const draft = s.resolve(fixed(urls)).subset('v', ['1', '2', '3']).subset('w', ['x', 'y'])
  draft.split({ by: 'w', weights: { x: 1, y: 0 }, stable: 'x', stickyBy: (call) => call.path, abort: false })
  draft.split({ by: 'v', weights: { 1: 100 }, ramp: { to: { 2: 100 }, steps: [{ after: '10m', share: 0.5 }], startAt: 5 } })
  // @ts-expect-error no such label
  draft.split({ by: 'z', weights: { 1: 100, 2: 0 } })
  // @ts-expect-error no such value
  draft.split({ by: 'v', weights: { 1: 95, 4: 5 } })
  // @ts-expect-error a value of another label
  draft.split({ by: 'v', weights: { 1: 95, x: 5 } })
  // @ts-expect-error no such value at the end
  draft.split({ by: 'v', weights: { 1: 100 }, ramp: { to: { x: 100 }, over: '1h' } })
  // @ts-expect-error no such stable version
  draft.split({ by: 'v', weights: { 1: 95, 2: 5 }, stable: 'x' })
  // @ts-expect-error no such option of the rule
  draft.split({ by: 'v', weights: { 1: 95, 2: 5 }, abort: { margins: 5 } })
  return draft.split({ by: 'v', weights: { 1: 90, 2: 5, 3: 5 }, ramp: { to: { 2: 100 }, over: '1h', curve: 2 }, abort: { latency: {} } })
})
const { split } = divided.build().service('orders')
split.resume()
split.abort()
const state: 'steady' | 'ramping' | 'done' | 'aborted' | undefined = split.state
void state
// @ts-expect-error a split belongs to one service
mesh().defaults((s) => s.split({ by: 'v', weights: { a: 95, b: 5 } }))
// @ts-expect-error split twice
mesh().service('orders', (s) => s.resolve(fixed(urls)).split(false).split(false))

// Rate limits by key, in line, evenly spaced.
mesh().service('orders', (s) => s.resolve(fixed(urls)).rateLimit({ permits: 5, key: { header: 'x-tenant' }, maxKeys: 100 }))
mesh().service('orders', (s) => s.resolve(fixed(urls)).rateLimit({ permits: 5, key: (call) => call.path.split('/')[1] }))
mesh().service('orders', (s) => s.resolve(fixed(urls)).rateLimit(leakyBucket({ permits: 5, overflow: 'queue', obeyServer: true })))
// @ts-expect-error no such overflow
mesh().service('orders', (s) => s.resolve(fixed(urls)).rateLimit({ permits: 5, overflow: 'wait' }))
// @ts-expect-error no such key
mesh().service('orders', (s) => s.resolve(fixed(urls)).rateLimit({ permits: 5, key: { path: 1 } }))
