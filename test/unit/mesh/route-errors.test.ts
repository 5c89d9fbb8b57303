import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, fixed, mesh } from '../../../src/index.ts'

/** A draft as untyped code sees it. */
// biome-ignore lint/suspicious/noExplicitAny: these tests are about code that the compiler does not check
type Untyped = any

/** What is said about a service with these routes, as `path: expected, got received` lines. */
function linesOf(routes: readonly Untyped[], describe: (s: Untyped) => Untyped = (s) => s): string[] {
  try {
    const service = (s: Untyped) => routes.reduce((draft, route) => draft.route(route), describe(s.resolve(fixed(['http://a:1']))))
    ;(mesh() as Untyped).service('orders', service).plan()
  } catch (error) {
    assert.ok(ConfigError.is(error), String(error))
    return error.problems.map((p) => `${p.path.replace('services.orders.', '')}: expected ${p.expected}, got ${p.received}`)
  }
  assert.fail('expected a ConfigError')
}

const any = { match: {} }

/** Routes that are wrong, with the beginning of what is said about them. */
const wrong: readonly (readonly [title: string, routes: readonly Untyped[], ...lines: string[]])[] = [
  ['that is no object', [5], 'routes[0]: expected an object of options (name, match, rewrite, subset, deadline'],
  [
    'without a match',
    [{ name: 'a' }],
    'routes[0].match: expected an object of options (path, method, headers, query, share), got undefined',
  ],
  ['with an empty name', [{ name: '', match: {} }], 'routes[0].name: expected a name: text that is not empty, got ""'],
  ['with an option that does not exist', [{ match: {}, retries: 3 }], 'routes[0].retries: expected one of the options name, match'],
  ['with a path that is no path', [{ match: { path: 'v1' } }], "routes[0].match.path: expected a path that begins with '/'"],
  [
    'with a query in its path',
    [{ match: { path: '/v1?x=1' } }],
    "routes[0].match.path: expected a path that begins with '/' and has no query",
  ],
  ['with a name that comes twice', [{ match: { path: { pattern: '/:a/:a' } } }], 'routes[0].match.path: expected'],
  ['with a rest in the middle', [{ match: { path: { pattern: '/*/a' } } }], 'routes[0].match.path: expected'],
  ['with a parameter without a name', [{ match: { path: { pattern: '/:/a' } } }], 'routes[0].match.path: expected'],
  ['with two kinds of paths', [{ match: { path: { prefix: '/a', pattern: '/b' } } }], 'routes[0].match.path: expected'],
  [
    'with no method',
    [{ match: { method: [] } }],
    'routes[0].match.method: expected a method such as GET, or a list of at least one, got []',
  ],
  [
    'with a header that cannot be',
    [{ match: { headers: { 'x y': true } } }],
    'routes[0].match.headers: expected an object of names of headers',
  ],
  [
    'with one header in two cases',
    [{ match: { headers: { A: '1', a: '2' } } }],
    'routes[0].match.headers: expected an object of names of headers, none twice',
  ],
  ['with a value that cannot be', [{ match: { query: { q: 5 } } }], 'routes[0].match.query.q: expected a text, a list of texts'],
  [
    'with a split that does not add up',
    [{ match: {}, split: { by: 'version', weights: { v1: 60, v2: 60 } } }],
    'routes[0].split.weights: expected weights that add up to 100, or to 1, got v1 60 + v2 60 = 120',
  ],
  [
    'with a mirror that leads nowhere',
    [any, { name: 'b', match: { path: '/b' }, mirror: { to: 'nobody' } }].toReversed(),
    'routes[0].mirror.to: expected a service of the mesh: there is no other, got "nobody"',
  ],
  [
    'with a mirror of itself',
    [{ match: {}, mirror: { to: 'orders' } }],
    'routes[0].mirror.to: expected another service of the mesh, or a subset of this one, got "orders" itself',
  ],
  [
    'with a mirror to a label that nobody declares',
    [{ match: {}, mirror: { to: { subset: { version: 'v2' } } } }],
    'routes[0].mirror.to.subset.version: expected a label that orders declares, got "version"',
  ],
  [
    'with faults that are none',
    [{ match: {}, fault: { maxActive: 5 } }],
    'routes[0].fault.delay: expected a fault: delay, abort, cutBody or throttle, or header: true, got undefined',
  ],
  ['with no share', [{ match: { share: 0 } }], 'routes[0].match.share: expected a number in (0, 1], got 0'],
  ['with too great a share', [{ match: { share: 5 } }], 'routes[0].match.share: expected a number in (0, 1], got 5'],
  [
    'with a subset that is not declared',
    [{ ...any, subset: { v: '1' } }],
    'routes[0].subset: expected a label that .subset(...) declares, got "v"',
  ],
  [
    'that sets a header of the connection',
    [{ ...any, rewrite: { setHeaders: { 'Content-Length': '5' } } }],
    'routes[0].rewrite.setHeaders: expected',
  ],
  [
    'that sets a header with a line break',
    [{ ...any, rewrite: { setHeaders: { a: 'b\r\nc: d' } } }],
    'routes[0].rewrite.setHeaders.a: expected',
  ],
  [
    'that leaves out a header of the connection',
    [{ ...any, rewrite: { removeHeaders: ['te'] } }],
    'routes[0].rewrite.removeHeaders[0]: expected',
  ],
  [
    'that replaces a prefix that it does not match',
    [{ match: { path: '/a' }, rewrite: { path: { prefix: '/b' } } }],
    "routes[0].rewrite.path: expected a path: only a route that matches { prefix } has one to replace, got { prefix: '/b' }",
  ],
  [
    'that names what its pattern does not',
    [{ match: { path: { pattern: '/a/:id' } }, rewrite: { path: '/b/:name' } }],
    'routes[0].rewrite.path: expected a path without :name: its pattern has :id, got "/b/:name"',
  ],
  [
    'that names something without a pattern',
    [{ match: { path: { prefix: '/a' } }, rewrite: { path: '/b/*' } }],
    'routes[0].rewrite.path: expected a path without *: the route matches no pattern that names it, got "/b/*"',
  ],
  ['with a deadline of nothing', [{ ...any, deadline: 0 }], 'routes[0].deadline: expected a duration'],
  [
    'with retries that cannot be',
    [{ ...any, retry: { attempts: 0 } }],
    'routes[0].retry.attempts: expected an integer in [1, Infinity), got 0',
  ],
  [
    'with a negative rate',
    [{ ...any, rateLimit: { permits: -1 } }],
    'routes[0].rateLimit.permits: expected a number in (0, Infinity), got -1',
  ],
  [
    'with a burst below its cost',
    [{ ...any, rateLimit: { permits: 5, burst: 2, cost: 3 } }],
    'routes[0].rateLimit.cost: expected at most the burst (2): such a call could never be made, got 3',
  ],
  [
    'that limits endpoints',
    [{ ...any, concurrency: { limit: 5, endpoints: { limit: 5 } } }],
    'routes[0].concurrency.endpoints: expected one of the options limit, queue, queueTimeout, enforce, got "endpoints"',
  ],
  [
    'with a circuit that has scopes',
    [{ ...any, circuitBreaker: { endpoints: true } }],
    'routes[0].circuitBreaker.endpoints: expected one of the options failureShare',
  ],
  [
    'with a policy that is none',
    [{ ...any, use: [{ name: 'a', layer: () => {} }] }],
    "routes[0].use[0].scope: expected one of 'call', 'attempt'",
  ],
  [
    'with two timeouts of attempts',
    [{ ...any, attemptTimeout: '1s', retry: {} }],
    'routes[0].attemptTimeout: expected to be left out beside retry, which has an attemptTimeout of its own, got 1000',
  ],
  [
    'whose attempts may take longer than its calls',
    [{ ...any, deadline: '1s', attemptTimeout: '2s' }],
    'routes[0].attemptTimeout: expected a duration not above the deadline of the route, which is 1000 ms, got 2000 ms',
  ],
  [
    'whose attempts may take longer than the calls of the service',
    [{ ...any, retry: { attemptTimeout: '20s' } }],
    'routes[0].retry.attemptTimeout: expected a duration not above the deadline of the route, which is 15000 ms, got 20000 ms',
  ],
  [
    'with a name that another one has',
    [
      { name: 'a', match: { path: '/a' } },
      { name: 'a', match: { path: '/b' } },
    ],
    'routes[1].name: expected a name that no other route has, as routes[0] does, got "a"',
  ],
  [
    'that can never match',
    [
      { name: 'all', match: { path: { prefix: '/v1' } } },
      { name: 'list', match: { path: '/v1/orders', method: 'GET' } },
    ],
    'routes[1].match: expected a route that can match: "all" (routes[0]) before it takes every call that it would, got "list"',
  ],
  [
    'that can never match, for several together',
    [
      { name: 'reads', match: { method: 'GET' } },
      { match: { path: '/a' } },
      { name: 'writes', match: { method: ['POST', 'PUT'] } },
      { name: 'last', match: { method: ['get', 'put'], path: { prefix: '/b' } } },
    ],
    'routes[3].match: expected a route that can match: "reads" (routes[0]) and "writes" (routes[2]) before it take every call that it would, got "last"',
  ],
]

for (const [title, routes, ...lines] of wrong) {
  test(`a route ${title} is told`, () => {
    const told = linesOf(routes)
    assert.equal(told.length, lines.length, told.join('\n'))
    for (const [i, line] of lines.entries()) assert.ok(told[i]?.startsWith(line), `${told[i]}\nis not\n${line}`)
  })
}

test('a subset of a route is one that the service declares, wherever it does so', () => {
  const describe = (s: Untyped) => s.subset('version', ['v1', 'v2'])
  assert.deepEqual(linesOf([{ match: {}, subset: { version: 'v3' } }], describe), [
    'routes[0].subset: expected a value of the label version that .subset(...) declares: v1, v2, got "v3"',
  ])
  assert.deepEqual(linesOf([{ match: {}, subset: { zone: 'a' } }], describe), [
    'routes[0].subset: expected a label that .subset(...) declares: version, got "zone"',
  ])
})

test('routes belong to one service, not to the defaults', () => {
  assert.throws(
    () => (mesh() as Untyped).defaults((s: Untyped) => s.route(any)).plan(),
    /defaults.routes: expected a setting that services can share/,
  )
})

test('every route that is wrong is told at once', () => {
  assert.equal(linesOf([{ match: { share: 2 } }, { match: { path: 'a' } }, { match: {}, deadline: 'soon' }]).length, 3)
})

test('a split of a route is refused that its subset leaves nothing to, or that names a version which the service does not declare', () => {
  const declare = (s: Untyped) => s.subset('version', ['v1', 'v2'])
  const split = { by: 'version', weights: { v1: 50, v2: 50 } }
  assert.deepEqual(linesOf([{ match: {}, subset: { version: 'v1' }, split }], declare), [
    'routes[0].split.by: expected another label than those of the route\'s subset, which no call is divided by: version, got "version"',
  ])
  assert.deepEqual(linesOf([{ match: {}, split: { by: 'version', weights: { v1: 50, v3: 50 } } }], declare), [
    'routes[0].split.weights: expected versions that .subset(...) declares as values of the label version: v1, v2, got "v3"',
  ])
})
