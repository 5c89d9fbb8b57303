import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, type ConfigProblem, dns, firstOf, fixed, mesh, poll } from '../../../src/index.ts'

/** A draft or builder as untyped code sees it. */
// biome-ignore lint/suspicious/noExplicitAny: these tests are about code that the compiler does not check
type Untyped = any

const found = fixed(['http://127.0.0.1:8080'])

/** What a description is refused with. */
function refusal(finish: () => unknown): ConfigError {
  try {
    finish()
  } catch (error) {
    assert.ok(ConfigError.is(error), String(error))
    return error
  }
  assert.fail('expected a ConfigError')
}

/** The problems that `build()` and `plan()` report, alike, in one error. */
function problemsOf(describe: () => Untyped): readonly ConfigProblem[] {
  const builder = describe()
  const { problems } = refusal(() => builder.build())
  assert.deepEqual(refusal(() => builder.plan()).problems, problems)
  return problems
}

/** The same for one service called `orders`, as `path: expected, got received` lines. */
function linesOf(configure: (draft: Untyped) => Untyped): string[] {
  return problemsOf(() => (mesh() as Untyped).service('orders', configure)).map(
    (p) => `${p.path}: expected ${p.expected}, got ${p.received}`,
  )
}

/** Wrong descriptions of a service that is otherwise right, with the beginning of what is said. */
const wrongServices: readonly (readonly [title: string, configure: (s: Untyped) => Untyped, ...lines: string[]])[] = [
  ['no resolver', (s) => s, 'services.orders.resolver: expected a resolver, as .resolve(...) takes it'],
  ['a resolver that is a list', (s) => s.resolve(['http://a']), 'services.orders.resolver: expected a resolver'],
  ['no draft', () => 5, 'services.orders: expected a function that gives back the draft it was given, configured, got'],
  ['a slot set twice', (s) => s.resolve(found).deadline(1).deadline(2), 'services.orders.deadline: expected to be set once, got it twice'],
  ['a resolver set twice', (s) => s.resolve(found).resolve(found), 'services.orders.resolver: expected to be set once, got it twice'],
  [
    'a rate limit without permits',
    (s) => s.resolve(found).rateLimit({}),
    'services.orders.rateLimit.permits: expected a number in (0, Infinity), got undefined',
  ],
  [
    'versions that are no texts, beside whatever names them',
    (s) =>
      s
        .resolve(found)
        .subset('version', ['v1', { toString: 'no function' }])
        .subsetFallback({ subset: { version: 'v3' } })
        .split({ by: 'version', weights: { v1: 90, v2: 10 } })
        .mirror({ to: { subset: { version: 'v2' } } })
        .route({ match: {}, subset: { version: 'v2' } }),
    'services.orders.subsets.version: expected a list of at least one text',
  ],
  [
    'a rate of zero',
    (s) => s.resolve(found).rateLimit({ permits: 0 }),
    'services.orders.rateLimit.permits: expected a number in (0, Infinity), got 0',
  ],
  [
    'a negative rate',
    (s) => s.resolve(found).rateLimit({ permits: -5 }),
    'services.orders.rateLimit.permits: expected a number in (0, Infinity), got -5',
  ],
  [
    'a quota that is none',
    (s) => s.resolve(found).rateLimit({ permits: 5, quota: 'redis://127.0.0.1' as never }),
    'services.orders.rateLimit.quota: expected a quota, such as quota({ redis, name }), got "redis://127.0.0.1"',
  ],
  [
    'a quota of half permits',
    (s) => s.resolve(found).rateLimit({ permits: 0.5, quota: () => ({}) as never }),
    'services.orders.rateLimit.permits: expected a whole number beside quota, got 0.5',
  ],
  [
    'a quota by key',
    (s) => s.resolve(found).rateLimit({ permits: 5, key: { header: 'x' }, quota: () => ({}) as never }),
    'services.orders.rateLimit.key: expected none beside quota',
  ],
  ['a rate for no time', (s) => s.resolve(found).rateLimit({ permits: 5, per: 0 }), 'services.orders.rateLimit.per: expected a duration'],
  [
    'a burst below one',
    (s) => s.resolve(found).rateLimit({ permits: 5, burst: 0.5 }),
    'services.orders.rateLimit.burst: expected a number in [1, Infinity), got 0.5',
  ],
  [
    'a cost above the burst',
    (s) => s.resolve(found).rateLimit({ permits: 5, cost: 6 }),
    'services.orders.rateLimit.cost: expected at most the burst (5): such a call could never be made, got 6',
  ],
  [
    'a share above one',
    (s) => s.resolve(found).rateLimit({ permits: 5, enforce: 50 }),
    'services.orders.rateLimit.enforce: expected a number in [0, 1], got 50',
  ],
  [
    'a limit by a key that is none',
    (s) => s.resolve(found).rateLimit({ permits: 5, key: { query: 'user' } }),
    'services.orders.rateLimit.key: expected { header: name }, { cookie: name }, or a function from a call to a text, got',
  ],
  [
    'a limit by a header that cannot be there',
    (s) => s.resolve(found).rateLimit({ permits: 5, key: { header: 'x tenant' } }),
    'services.orders.rateLimit.key: expected { header: name }, { cookie: name }, or a function from a call to a text, got',
  ],
  [
    'a split that sticks to a header that cannot be there',
    (s) => s.resolve(found).split({ by: 'version', weights: { v1: 95, v2: 5 }, stickyBy: { header: 'x user' } }),
    "services.orders.split.stickyBy: expected { header: name }, { cookie: name }, { query: name }, 'path', 'client', 'key', a function of the call, or a list of these, got { header: 'x user' }",
  ],
  [
    'a limit that keeps no keys',
    (s) => s.resolve(found).rateLimit({ permits: 5, maxKeys: 0 }),
    'services.orders.rateLimit.maxKeys: expected an integer in [1, 10000000], got 0',
  ],
  [
    'an overflow that does not exist',
    (s) => s.resolve(found).rateLimit({ permits: 5, overflow: 'wait' }),
    "services.orders.rateLimit.overflow: expected one of 'reject', 'queue', got",
  ],
  [
    'a queue without room',
    (s) => s.resolve(found).rateLimit({ permits: 5, overflow: 'queue', maxQueue: 0 }),
    'services.orders.rateLimit.maxQueue: expected an integer in [1, Infinity), got 0',
  ],
  [
    'an algorithm that does not exist',
    (s) => s.resolve(found).rateLimit({ permits: 5, algorithm: 'gcra' }),
    "services.orders.rateLimit.algorithm: expected one of 'token-bucket', 'leaky-bucket', got",
  ],
  [
    'a server that is half obeyed',
    (s) => s.resolve(found).rateLimit({ permits: 5, obeyServer: 'yes', maxServerHold: 0 }),
    'services.orders.rateLimit.obeyServer: expected true or false, got',
    'services.orders.rateLimit.maxServerHold: expected a duration',
  ],
  [
    'a split whose weights do not add up',
    (s) => s.resolve(found).split({ by: 'version', weights: { v1: 95, v2: 4 } }),
    'services.orders.split.weights: expected weights that add up to 100, or to 1, got v1 95 + v2 4 = 99',
  ],
  [
    'a ramp whose weights do not add up',
    (s) => s.resolve(found).split({ by: 'version', weights: { v1: 1, v2: 0 }, ramp: { to: { v1: 0.3, v2: 0.8 }, over: '1h' } }),
    'services.orders.split.ramp.to: expected weights that add up to 100, or to 1, got v1 0.3 + v2 0.8 = 1.1',
  ],
  [
    'weights that are none',
    (s) => s.resolve(found).split({ by: 'version', weights: { v1: -5, v2: 105 } }),
    'services.orders.split.weights: expected finite numbers of at least 0 by version, such as { v1: 95, v2: 5 }, got',
  ],
  [
    'a split without a label',
    (s) => s.resolve(found).split({ weights: { v1: 50, v2: 50 } }),
    'services.orders.split.by: expected the name of a label, got undefined',
  ],
  [
    'a split of one version',
    (s) => s.resolve(found).split({ by: 'version', weights: { v1: 100 } }),
    'services.orders.split.weights: expected at least two versions, here or in ramp.to, got v1',
  ],
  [
    'a split by a label that is not declared',
    (s) =>
      s
        .resolve(found)
        .subset('version', ['v1', 'v2'])
        .split({ by: 'verison', weights: { v1: 95, v2: 5 } }),
    `services.orders.split.by: expected a label that .subset(...) declares: version, got "verison"`,
  ],
  [
    'a version that is not declared',
    (s) =>
      s
        .resolve(found)
        .subset('version', ['v1', 'v2'])
        .split({ by: 'version', weights: { v1: 95, v3: 5 } }),
    `services.orders.split.weights: expected versions that .subset(...) declares as values of the label version: v1, v2, got "v3"`,
  ],
  [
    'a stable version that is none',
    (s) => s.resolve(found).split({ by: 'version', weights: { v1: 95, v2: 5 }, stable: 'v0' }),
    `services.orders.split.stable: expected one of the versions v1, v2, got "v0"`,
  ],
  [
    'users who are kept by nothing',
    (s) => s.resolve(found).split({ by: 'version', weights: { v1: 95, v2: 5 }, stickyBy: { headr: 'x-user-id' } }),
    'services.orders.split.stickyBy: expected { header: name }, { cookie: name }, { query: name },',
  ],
  [
    'a ramp without a time',
    (s) => s.resolve(found).split({ by: 'version', weights: { v1: 95, v2: 5 }, ramp: { to: { v2: 100 } } }),
    'services.orders.split.ramp: expected either over, for a gradual ramp, or steps, got neither',
  ],
  [
    'a ramp of two kinds',
    (s) =>
      s
        .resolve(found)
        .split({ by: 'version', weights: { v1: 95, v2: 5 }, ramp: { to: { v2: 100 }, over: '1h', steps: [{ after: '1m', share: 1 }] } }),
    'services.orders.split.ramp: expected either over, for a gradual ramp, or steps, got both',
  ],
  [
    'a ramp that goes back',
    (s) =>
      s.resolve(found).split({
        by: 'version',
        weights: { v1: 95, v2: 5 },
        ramp: {
          to: { v2: 100 },
          curve: 2,
          steps: [
            { after: '1m', share: 0.5 },
            { after: '1m', share: 0.2 },
          ],
        },
      }),
    'services.orders.split.ramp.curve: expected to be left out, because only a gradual ramp has a curve, got 2',
    'services.orders.split.ramp.steps[1].share: expected more than the step before it, which is at 0.5, got 0.2',
  ],
  [
    'a ramp without steps, and one with steps of nothing',
    (s) => s.resolve(found).split({ by: 'version', weights: { v1: 95, v2: 5 }, ramp: { to: { v2: 100 }, steps: [], startAt: 'tomorrow' } }),
    `services.orders.split.ramp.startAt: expected a date with its zone such as '2026-11-21T09:00:00Z', or milliseconds since the Unix epoch, got "tomorrow"`,
    'services.orders.split.ramp.steps: expected at least one step, got none',
  ],
  [
    'a ramp that starts at another moment in each zone',
    (s) =>
      s
        .resolve(found)
        .split({ by: 'version', weights: { v1: 95, v2: 5 }, ramp: { to: { v2: 100 }, over: '1h', startAt: '2026-11-21T09:00:00' } }),
    `services.orders.split.ramp.startAt: expected a date with its zone such as '2026-11-21T09:00:00Z', or milliseconds since the Unix epoch, got "2026-11-21T09:00:00"`,
  ],
  [
    'a margin in percent',
    (s) =>
      s.resolve(found).split({
        by: 'version',
        weights: { v1: 95, v2: 5 },
        abort: { margin: 5, minCalls: 0, window: 0, confidence: 99, latency: { factor: 0.5 } },
      }),
    'services.orders.split.abort.margin: expected a number in [0, 1], got 5',
    'services.orders.split.abort.minCalls: expected an integer in [1, Infinity), got 0',
    'services.orders.split.abort.window: expected a duration',
    'services.orders.split.abort.confidence: expected a number in [0.5, 0.999999], got 99',
    'services.orders.split.abort.latency.factor: expected a number in [1, Infinity), got 0.5',
  ],
  [
    'two splits',
    (s) =>
      s
        .resolve(found)
        .split(false)
        .split({ by: 'version', weights: { v1: 95, v2: 5 } }),
    'services.orders.split: expected to be set once, got it twice',
  ],
  [
    'concurrency without a limit',
    (s) => s.resolve(found).concurrency({}),
    'services.orders.concurrency.limit: expected a limit, here or in endpoints: without one nothing is limited, got undefined',
  ],
  [
    'a limit of nobody',
    (s) => s.resolve(found).concurrency({ limit: 0 }),
    'services.orders.concurrency.limit: expected an integer in [1, Infinity), or a limit such as gradientLimit(), got 0',
  ],
  [
    'endpoints without a limit',
    (s) => s.resolve(found).concurrency({ endpoints: { queue: 5 } }),
    'services.orders.concurrency.endpoints.limit: expected an integer in [1, Infinity), or a limit such as gradientLimit(), got undefined',
  ],
  [
    'a negative queue',
    (s) => s.resolve(found).concurrency({ limit: 1, queue: -1 }),
    'services.orders.concurrency.queue: expected an integer in [0, Infinity), got -1',
  ],
  [
    'a wait of no time',
    (s) => s.resolve(found).concurrency({ limit: 1, queueTimeout: 0 }),
    'services.orders.concurrency.queueTimeout: expected a duration',
  ],
  [
    'a factor below one',
    (s) => s.resolve(found).admission({ factor: 0.5 }),
    'services.orders.admission.factor: expected a number in [1, Infinity), got 0.5',
  ],
  [
    'a share of refusals in percent',
    (s) => s.resolve(found).admission({ maxShare: 80 }),
    'services.orders.admission.maxShare: expected a number in [0, 1], got 80',
  ],
  [
    'a sign of overload that is no function',
    (s) => s.resolve(found).admission({ overloaded: [503] }),
    'services.orders.admission.overloaded: expected a function from an outcome to true or false, got',
  ],
  ['bare twice', (s) => s.resolve(found).bare().bare(), 'services.orders.bare: expected to be set once, got it twice'],
  [
    'a subset declared twice',
    (s) => s.resolve(found).subset('v', ['1']).subset('v', ['2']),
    'services.orders.subsets.v: expected to be declared once',
  ],
  ['a subset without values', (s) => s.resolve(found).subset('v', []), 'services.orders.subsets.v: expected a list of at least one text'],
  [
    'a subset with a value twice',
    (s) => s.resolve(found).subset('v', ['1', '1']),
    'services.orders.subsets.v: expected a list of at least one text',
  ],
  [
    'a subset that is no list',
    (s) => s.resolve(found).subset('v', 'v1'),
    'services.orders.subsets.v: expected a list of at least one text',
  ],
  [
    'a subset without a label',
    (s) => s.resolve(found).subset('', ['v1']),
    'services.orders.subsets: expected a label that is text and not empty',
  ],
  ['an alias with a scheme', (s) => s.resolve(found).alias('a', 'http://b'), 'services.orders.aliases[1]: expected a host such as'],
  ['no endpoints', (s) => s.resolve(fixed([])), 'services.orders.resolver.endpoints: expected a list of at least one endpoint, got []'],
  [
    'endpoints that cannot be used',
    (s) =>
      s.resolve(
        fixed(['http://ok', 'ftp://a', { url: 'http://b/path' }, { url: 'http://c', weight: 0 }, { url: 'http://d', priority: -1 }]),
      ),
    'services.orders.resolver.endpoints[1]: expected a URL such as',
    'services.orders.resolver.endpoints[2].url: expected a URL such as',
    'services.orders.resolver.endpoints[3].weight: expected a number in (0, Infinity), got 0',
    'services.orders.resolver.endpoints[4].priority: expected an integer in [0, 127], got -1',
  ],
  [
    'no endpoints within another resolver',
    (s) =>
      s.resolve(
        firstOf(
          poll(async () => []),
          fixed([]),
        ),
      ),
    'services.orders.resolver.sources[1].endpoints: expected a list',
  ],
  [
    'a wrong option of a resolver',
    (s) => s.resolve(dns('orders.internal', { port: 70_000 } as Untyped)),
    'services.orders.dns.port: expected',
  ],
  [
    'a balancer that is no function',
    (s) => s.resolve(found).balance('random'),
    'services.orders.balancer: expected a balancer, as .balance(...) takes it',
  ],
  [
    'a balancer that throws',
    (s) => s.resolve(found).balance(brokenPart()),
    'services.orders.balancer: expected a part that can be made, got broken',
  ],
  [
    'a deadline in a unit that does not exist',
    (s) => s.resolve(found).deadline('2 days'),
    'services.orders.deadline: expected a duration such as',
  ],
  [
    'a deadline of nothing',
    (s) => s.resolve(found).deadline(0),
    "services.orders.deadline: expected a duration such as '250ms', '2s' or '1m', or a number of milliseconds, in (0 ms, Infinity], got 0",
  ],
  ['a negative deadline', (s) => s.resolve(found).deadline(-1), 'services.orders.deadline: expected a duration'],
  [
    'no attempts',
    (s) => s.resolve(found).retry({ attempts: 0 }),
    'services.orders.retry.attempts: expected an integer in [1, Infinity), got 0',
  ],
  [
    'half an attempt',
    (s) => s.resolve(found).retry({ attempts: 1.5 }),
    'services.orders.retry.attempts: expected an integer in [1, Infinity), got 1.5',
  ],
  [
    'attempts as text',
    (s) => s.resolve(found).retry({ attempts: '3' }),
    'services.orders.retry.attempts: expected an integer in [1, Infinity), got "3"',
  ],
  [
    'retry that is true',
    (s) => s.resolve(found).retry(true),
    'services.orders.retry: expected an object of options (attempts, attemptTimeout',
  ],
  [
    'an unknown option',
    (s) => s.resolve(found).retry({ attemps: 3 }),
    'services.orders.retry.attemps: expected one of the options attempts, attemptTimeout, on, requeues, backoff, retryAfter, budget, avoidTriedZones, attemptHeader, enforce (did you mean attempts?), got "attemps"',
  ],
  [
    'an unknown option within an option',
    (s) => s.resolve(found).retry({ budget: { rato: 1 } }),
    'services.orders.retry.budget.rato: expected one of the options ratio',
  ],
  [
    'a class of failures that does not exist',
    (s) => s.resolve(found).retry({ on: ['4xx'] }),
    'services.orders.retry.on: expected a list of classes (5xx, gateway-error, reset,',
  ],
  ['an empty list of failures', (s) => s.resolve(found).retry({ on: [] }), 'services.orders.retry.on: expected a list of classes'],
  ['a status that is none', (s) => s.resolve(found).retry({ on: [42] }), 'services.orders.retry.on: expected a list of classes'],
  [
    'a back-off of an unknown kind',
    (s) => s.resolve(found).retry({ backoff: { kind: 'linear' } }),
    "services.orders.retry.backoff.kind: expected one of 'full', 'equal', 'decorrelated', 'exponential', got \"linear\"",
  ],
  [
    'a share of retries above 1',
    (s) => s.resolve(found).retry({ enforce: 2 }),
    'services.orders.retry.enforce: expected a number in [0, 1], got 2',
  ],
  [
    'a header that cannot be sent',
    (s) => s.resolve(found).retry({ attemptHeader: 'x attempt' }),
    'services.orders.retry.attemptHeader: expected the name of a header, got "x attempt"',
  ],
  ['a wait that is none', (s) => s.resolve(found).retry({ retryAfter: -1 }), 'services.orders.retry.retryAfter: expected a duration'],
  [
    'a percentile outside of (0, 1)',
    (s) => s.resolve(found).hedge({ percentile: 95 }),
    'services.orders.hedge.percentile: expected a share in (0, 1), got 95',
  ],
  [
    'hedging with one attempt',
    (s) => s.resolve(found).hedge({ attempts: 1 }),
    'services.orders.hedge.attempts: expected an integer in [2, 5], got 1',
  ],
  ['hedging that is true', (s) => s.resolve(found).hedge(true), 'services.orders.hedge: expected an object of options (after'],
  [
    'a header that carries no deadline',
    (s) => s.resolve(found).deadline('1s', { headers: ['x-deadline'] }),
    'services.orders.sendOn.headers: expected a list of x-proxyless-deadline-ms, grpc-timeout',
  ],
  [
    'a deadline that is sent on at times',
    (s) => s.resolve(found).deadline('1s', { send: 'sometimes' }),
    "services.orders.sendOn.send: expected one of 'inbound', 'always', got \"sometimes\"",
  ],
  [
    'a window that is too short',
    (s) => s.resolve(found).retry({ budget: { window: '1ms' } }),
    'services.orders.retry.budget.window: expected a duration',
  ],
  [
    'back-off that shrinks',
    (s) => s.resolve(found).retry({ backoff: { base: '1s' } }),
    'services.orders.retry.backoff.base: expected a duration not above retry.backoff.max, which is 250 ms, got 1000 ms',
  ],
  [
    'an attempt longer than the call',
    (s) => s.resolve(found).deadline('1s').retry({ attemptTimeout: '2s' }),
    'services.orders.retry.attemptTimeout: expected a duration not above deadline, which is 1000 ms, got 2000 ms',
  ],
  [
    'an attempt longer than the default deadline',
    (s) => s.resolve(found).retry({ attemptTimeout: '20s' }),
    'services.orders.retry.attemptTimeout: expected a duration not above deadline, which is 15000 ms',
  ],
  [
    'an unknown protocol',
    (s) => s.resolve(found).http({ protocol: 'h3' }),
    "services.orders.http.protocol: expected one of 'h1', 'h2', 'auto', got \"h3\"",
  ],
  [
    'no connections',
    (s) => s.resolve(found).http({ connections: 0 }),
    'services.orders.http.connections: expected an integer in [1, Infinity), got 0',
  ],
  [
    'a dispatcher that is no function',
    (s) => s.resolve(found).http({ dispatcher: {} }),
    'services.orders.http.dispatcher: expected a function',
  ],
  [
    'a wrong option of the directory',
    (s) => s.resolve(found, { emptyGuard: true }),
    'services.orders.directory.emptyGuard: expected a duration',
  ],
  [
    'an unknown option of the directory',
    (s) => s.resolve(found, { emptyGard: 1 }),
    'services.orders.directory.emptyGard: expected one of the options',
  ],
  [
    'a key without PEM in it',
    (s) => s.resolve(found).tls({ key: 'secret', cert: 'x' }),
    'services.orders.tls: expected certificates and a key that belong together, in PEM, got',
  ],
  [
    'failover out of its ranges',
    (s) => s.resolve(found).failover({ spill: 'some', overprovisioningFactor: 0.9, panicThreshold: 50, failOnPanic: true }),
    "services.orders.failover.spill: expected one of 'proportional', 'all-or-nothing', got \"some\"",
    'services.orders.failover.overprovisioningFactor: expected a number in [1, 100], got 0.9',
    'services.orders.failover.panicThreshold: expected a number in [0, 1], got 50',
    'services.orders.failover.failOnPanic: expected one of the options spill, overprovisioningFactor, panicThreshold, failTrafficOnPanic',
  ],
  ['a locality that is no object', (s) => s.resolve(found).locality('eu'), 'services.orders.locality: expected an object of options'],
  [
    'zone-aware locality without a zone',
    (s) => s.resolve(found).locality({ region: 'eu' }),
    "services.orders.locality.zone: expected the zone of this process, because mode is 'zone-aware', got undefined",
  ],
  [
    'strict locality of nowhere',
    (s) => s.resolve(found).locality({ mode: 'strict' }),
    "services.orders.locality.zone: expected the zone or the region of this process, because mode is 'strict', got undefined",
  ],
  [
    'an option of another mode',
    (s) => s.resolve(found).locality({ zone: 'a', mode: 'strict', weights: { a: 1 } }),
    "services.orders.locality.weights: expected to be left out, because only mode 'weighted' reads it",
  ],
  [
    'weights that are all 0',
    (s) => s.resolve(found).locality({ mode: 'weighted', weights: { a: 0, b: 0 } }),
    'services.orders.locality.weights: expected finite numbers of at least 0 by place, not all 0',
  ],
  [
    'weights below 0',
    (s) => s.resolve(found).locality({ mode: 'weighted', weights: { a: -1, b: 2 } }),
    'services.orders.locality.weights: expected finite numbers of at least 0 by place, not all 0',
  ],
  [
    'weights that are no numbers',
    (s) => s.resolve(found).locality({ mode: 'weighted', weights: { a: Number.NaN } }),
    'services.orders.locality.weights: expected finite numbers of at least 0 by place, not all 0',
  ],
  [
    'weighted locality without weights',
    (s) => s.resolve(found).locality({ mode: 'weighted' }),
    "services.orders.locality.weights: expected finite numbers of at least 0 by place, not all 0, because mode is 'weighted', got undefined",
  ],
  [
    'clients, sizes and names that are wrong',
    (s) => s.resolve(found).locality({ zone: '', clients: 'many', minClusterSize: -1, forceLocalZone: 0 }),
    'services.orders.locality.zone: expected the name of a zone, got ""',
    "services.orders.locality.clients: expected 'equal', or finite numbers",
    'services.orders.locality.minClusterSize: expected an integer in [0, Infinity), got -1',
    'services.orders.locality.forceLocalZone: expected an integer in [1, Infinity), got 0',
  ],
  [
    'failover by no labels',
    (s) => s.resolve(found).locality({ mode: 'failover', failoverPriority: [], failover: { eu: 5 } }),
    'services.orders.locality.failover: expected names of regions by the name of a region',
    'services.orders.locality.failoverPriority: expected a list of at least one label, got []',
  ],
  [
    'a fallback that does not exist',
    (s) => s.resolve(found).subset('v', ['1']).subsetFallback({ subset: {} }),
    "services.orders.subsetFallback: expected 'none', 'any', { subset: labels }",
  ],
  [
    'a fallback to a label that was not declared, and one to a value that was not',
    (s) =>
      s
        .resolve(found)
        .subset('v', ['1'])
        .subsetFallback({ alternatives: [{ w: '1' }, { v: '2' }] }),
    'services.orders.subsetFallback: expected a label that .subset(...) declares: v, got "w"',
    'services.orders.subsetFallback: expected a value of the label v that .subset(...) declares: 1, got "2"',
  ],
  [
    'a fallback to keys that were not declared',
    (s) =>
      s
        .resolve(found)
        .subset('v', ['1'])
        .subsetFallback({ keys: ['w'] }),
    'services.orders.subsetFallback: expected a label that .subset(...) declares: v, got "w"',
  ],
  [
    'a list of nothing as authorities',
    (s) => s.resolve(found).tls({ ca: [] }),
    'services.orders.tls.ca: expected text or bytes in PEM, or a list of these',
  ],
  ['a classifier that is no function', (s) => s.resolve(found).classify({}), 'services.orders.classifier: expected a classifier'],
  [
    'a policy that is a function',
    (s) => s.resolve(found).use(() => {}),
    'services.orders.policies[0]: expected a policy: an object with name, scope and layer',
  ],
  [
    'a policy of which everything is wrong',
    (s) => s.resolve(found).use({ scope: 'hop' }),
    'services.orders.policies[0].name: expected text that is not empty, got undefined',
    "services.orders.policies[0].scope: expected one of 'call', 'attempt', got \"hop\"",
    'services.orders.policies[0].layer: expected a function from a host to a layer, got undefined',
  ],
  [
    'a policy that throws when it is made',
    (s) => s.resolve(found).use({ name: 'p', scope: 'call', layer: brokenPart() }),
    'services.orders.policies[0]: expected a part that can be made, got broken',
  ],
]

function brokenPart(): Untyped {
  return Object.assign(
    () => {
      throw new Error('broken')
    },
    { kind: 'broken', options: {} },
  )
}

for (const [title, configure, ...lines] of wrongServices) {
  test(`building refuses ${title}`, () => {
    // Parts are made by build() alone.
    const broken = title.includes('throws')
    const actual = broken ? buildLines(configure) : linesOf(configure)
    assert.equal(actual.length, lines.length, actual.join('\n'))
    for (const [i, line] of lines.entries()) assert.ok(actual[i]?.startsWith(line), `expected: ${line}\ngot:      ${actual[i]}`)
  })
}

function buildLines(configure: (draft: Untyped) => Untyped): string[] {
  const error = refusal(() => (mesh() as Untyped).service('orders', configure).build())
  assert.match(String((error.cause as Error).message), /broken/)
  return error.problems.map((p) => `${p.path}: expected ${p.expected}, got ${p.received}`)
}

test('building refuses names that cannot be the host of a URL', () => {
  const builder = () =>
    ['', 'orders:80', 'a b', 5].reduce((net: Untyped, name) => net.service(name, (s: Untyped) => s.resolve(found)), mesh())
  assert.deepEqual(
    problemsOf(builder).map(({ path, received }) => [path, received]),
    [
      ['services[""]', '""'],
      ['services["orders:80"]', '"orders:80"'],
      ['services["a b"]', '"a b"'],
      ['services[5]', '5'],
    ],
  )
})

test('building refuses a name that is given twice, and hosts that two services claim', () => {
  const problems = problemsOf(() =>
    (mesh() as Untyped)
      .service('orders', (s: Untyped) => s.resolve(found).alias('shop'))
      .service('orders', (s: Untyped) => s.resolve(found))
      .service('Users', (s: Untyped) => s.resolve(found).alias('SHOP'))
      .service('users', (s: Untyped) => s.resolve(found)),
  )
  assert.deepEqual(problems, [
    { path: 'services.orders', expected: 'a name that no other service has', received: '"orders" twice' },
    { path: 'services.users', expected: 'a host that no other service has', received: '"users", a host of "Users"' },
    { path: 'services.Users.aliases[0]', expected: 'a host that no other service has', received: '"shop", a host of "orders"' },
  ])
})

test('building refuses settings that services cannot share, and defaults that are set twice', () => {
  const problems = problemsOf(() =>
    (mesh() as Untyped)
      .defaults((s: Untyped) => s.resolve(found).alias('a').subset('v', ['1']).deadline(1).deadline(2))
      .defaults((s: Untyped) => s),
  )
  assert.deepEqual(
    problems.map(({ path }) => path),
    ['defaults', 'defaults.resolver', 'defaults.aliases', 'defaults.subsets', 'defaults.deadline'],
  )
})

test('building refuses wrong options of the mesh', () => {
  const problems = problemsOf(() => mesh({ name: '', outbound: 'blocked', clock: {}, random: 5, transport: {}, egress: true } as Untyped))
  assert.deepEqual(
    problems.map(({ path }) => path),
    ['name', 'outbound', 'clock', 'random', 'transport', 'egress'],
  )
  assert.equal(problemsOf(() => mesh(5 as Untyped)).length, 1)
})

test('one error lists every problem of a mesh, in the order of the plan, with path and expectation', () => {
  const { message } = refusal(() =>
    (mesh({ outbound: 'no' } as Untyped) as Untyped)
      .service('orders', (s: Untyped) => s.deadline(1).deadline(2).retry({ attempts: 0, attemptTimeout: '1m' }))
      .service('users', (s: Untyped) => s.resolve(fixed([])))
      .build(),
  )
  assert.deepEqual(message.split('\n'), [
    '6 problems:',
    "  outbound: expected one of 'passthrough', 'registered-only', got \"no\"",
    '  services.orders.deadline: expected to be set once, got it twice',
    '  services.orders.resolver: expected a resolver, as .resolve(...) takes it: fixed([...]), dns(...), an async generator function, got undefined',
    '  services.orders.retry.attempts: expected an integer in [1, Infinity), got 0',
    '  services.orders.retry.attemptTimeout: expected a duration not above deadline, which is 1 ms, got 60000 ms',
    '  services.users.resolver.endpoints: expected a list of at least one endpoint, got []',
  ])
})

test('an error of the program within a description is thrown as it is', () => {
  const mine = new RangeError('mine')
  assert.throws(
    () =>
      mesh().service('orders', () => {
        throw mine
      }),
    mine,
  )
})

test('a problem never shows a private key', () => {
  const [line] = linesOf((s) => s.resolve(found).tls({ key: 'very secret', cert: 'x', ca: 'y' }))
  assert.ok(line !== undefined && !line.includes('very secret'), line)
})
