import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, mesh, samePart } from '../../../src/index.ts'
import { quota } from '../../../src/quota.ts'
import { linesOf, problemsOf, readText } from './read-text.ts'

const quotas = { redis: quota }

/** A service with versions and one more setting, beside another service. */
const service = (lines: string) => `services:
  orders:
    resolve: { fixed: ['http://10.0.0.7:80'] }
    subset: { version: [v1, v2] }
${lines.replaceAll(/^/gm, '    ')}
  users: { resolve: { fixed: ['http://10.0.0.9:80'] } }
`

test('a file makes the routes, splits, mirrors, faults and quotas that the builder makes', async () => {
  const isMine = () => 'mine'
  const text = service(`
route:
  - name: writes
    match: { path: { prefix: /v1 }, method: [post, PUT], headers: { X-Beta: true, x-tenant: { prefix: a } }, query: { q: [a, b] }, share: 0.5 }
    rewrite: { path: { prefix: /v2 }, setHeaders: { x-from: mesh }, removeHeaders: [x-debug] }
    subset: { version: v2 }
    deadline: false
    retry: { attempts: 4, on: [5xx, { function: isMine }] }
    hedge: { after: 50ms }
    rateLimit: { permits: 5, key: { header: x-tenant } }
    concurrency: { limit: 20, queueTimeout: Infinity }
    admission: { factor: 3 }
    circuitBreaker: { openFor: 2s }
  - match: { path: { pattern: '/v3/:id/*' } }
    attemptTimeout: 300ms
split:
  by: version
  weights: { v1: 95, v2: 5 }
  stickyBy: [{ header: x-user }, { function: isMine }]
  ramp: { to: { v1: 0, v2: 100 }, over: 1h, startAt: 2026-11-21T09:00:00Z }
  abort: { margin: 0.02, latency: { factor: 2 } }
mirror: { to: { service: users }, share: 0.5, header: false }
fault:
  delay: { share: 0.1, time: { min: 10ms, max: 1s }, where: reply }
  abort: { share: 0.01, status: 503 }
  match: { path: /v1/, methods: [GET], headers: { x-test: true }, zones: [a] }
rateLimit: { permits: 500, per: 1s, quota: { redis: 'redis://127.0.0.1:6379', name: partner, timeout: 1s } }
`).replace('{ service: users }', 'users')
  const { plan } = await readText(text, { functions: { isMine }, quotas })
  const built = mesh()
    .service('orders', (s) =>
      s
        .resolve(fixed(['http://10.0.0.7:80']))
        .subset('version', ['v1', 'v2'])
        .route({
          name: 'writes',
          match: {
            path: { prefix: '/v1' },
            method: ['post', 'PUT'],
            headers: { 'X-Beta': true, 'x-tenant': { prefix: 'a' } },
            query: { q: ['a', 'b'] },
            share: 0.5,
          },
          rewrite: { path: { prefix: '/v2' }, setHeaders: { 'x-from': 'mesh' }, removeHeaders: ['x-debug'] },
          subset: { version: 'v2' },
          deadline: false,
          retry: { attempts: 4, on: ['5xx', isMine as never] },
          hedge: { after: '50ms' },
          rateLimit: { permits: 5, key: { header: 'x-tenant' } },
          concurrency: { limit: 20, queueTimeout: Number.POSITIVE_INFINITY },
          admission: { factor: 3 },
          circuitBreaker: { openFor: '2s' },
        })
        .route({ match: { path: { pattern: '/v3/:id/*' } }, attemptTimeout: '300ms' })
        .split({
          by: 'version',
          weights: { v1: 95, v2: 5 },
          stickyBy: [{ header: 'x-user' }, isMine],
          ramp: { to: { v1: 0, v2: 100 }, over: '1h', startAt: '2026-11-21T09:00:00Z' },
          abort: { margin: 0.02, latency: { factor: 2 } },
        })
        .mirror({ to: 'users', share: 0.5, header: false })
        .fault({
          delay: { share: 0.1, time: { min: '10ms', max: '1s' }, where: 'reply' },
          abort: { share: 0.01, status: 503 },
          match: { path: '/v1/', methods: ['GET'], headers: { 'x-test': true }, zones: ['a'] },
        })
        .rateLimit({ permits: 500, per: '1s', quota: quota({ redis: 'redis://127.0.0.1:6379', name: 'partner', timeout: '1s' }) }),
    )
    .service('users', (s) => s.resolve(fixed(['http://10.0.0.9:80'])))
    .plan()
  assert.ok(samePart(plan.services, built.services), JSON.stringify([plan.services, built.services], null, 1))
})

test('a mistake within a route is told where it stands', async () => {
  const text = service(`route:
  - name: writes
    match:
      path: { prefix: v1 }
      method: [POST, 'a b']
      headers: { x-beta: 5 }
      share: 2
  - match: { path: '/v2?a=b' }
    rewrite: { setHeaders: { x-a: '1', x-b: 1 }, removeHeaders: [x-c, Content-Length] }
  - match: { method: GET }
    subset: { version: v3 }
    rewrite: { path: '/v1/:id' }
    retry: { attempts: 0 }
    use: [{ custom: mine }]
  - match: { method: GET }`)
  assert.deepEqual(
    (await problemsOf(text)).map(({ line, column, path }) => `${line}:${column} ${path.replace('services.orders.', '')}`),
    [
      '8:11 route[0].match.path',
      '9:26 route[0].match.method[1]',
      '10:30 route[0].match.headers.x-beta',
      '11:18 route[0].match.share',
      '12:24 route[1].match.path',
      '13:49 route[1].rewrite.setHeaders.x-b',
      '13:75 route[1].rewrite.removeHeaders[1]',
      '15:9 route[2].subset',
      '17:28 route[2].retry.attempts',
      '18:25 route[2].use[0].custom',
    ],
  )
  const covered = service('route:\n  - match: { method: GET }\n  - match: { method: GET, path: /v1 }')
  assert.match((await linesOf(covered))[0] ?? '', /^7:9 services\.orders\.route\[1\]\.match: a route that can match/)
})

test('unknown options of routes, splits, mirrors, faults and quotas come with the name that was probably meant', async () => {
  const cases: [string, string, string][] = [
    ['route: [{ mach: { path: /v1 } }]', 'route[0].mach', 'match'],
    ['route: [{ match: { pth: /v1 } }]', 'route[0].match.pth', 'path'],
    ['route: [{ match: {}, rewrite: { setHeader: {} } }]', 'route[0].rewrite.setHeader', 'setHeaders'],
    ['route: [{ match: {}, retry: { attemts: 2 } }]', 'route[0].retry.attemts', 'attempts'],
    ['route: [{ match: {}, circuitBreaker: { openfor: 1s } }]', 'route[0].circuitBreaker.openfor', 'openFor'],
    ['route: [{ match: {}, concurrency: { limit: gradientLimt } }]', 'route[0].concurrency.limit', 'gradientLimit'],
    ['split: { by: version, weights: { v1: 50, v2: 50 }, stabl: v1 }', 'split.stabl', 'stable'],
    ['split: { by: version, weights: { v1: 50, v2: 50 }, ramp: { to: { v1: 1 }, ovr: 1h } }', 'split.ramp.ovr', 'over'],
    ['split: { by: version, weights: { v1: 50, v2: 50 }, abort: { margn: 1 } }', 'split.abort.margn', 'margin'],
    ['fault: { dealy: { share: 1, time: 1s } }', 'fault.dealy', 'delay'],
    ['fault: { delay: { share: 1, time: { min: 1, maxx: 2 } } }', 'fault.delay.time.maxx', 'max'],
    ['fault: { abort: { share: 1, statuss: 500 } }', 'fault.abort.statuss', 'status'],
    ['mirror: { to: { servic: users, subset: { version: v1 } } }', 'mirror.to.servic', 'service'],
    ['rateLimit: { permits: 1, quota: { redis: x, name: a, onOutige: allow } }', 'rateLimit.quota.onOutige', 'onOutage'],
  ]
  for (const [line, path, meant] of cases) {
    const problem = (await problemsOf(service(line), { quotas })).find(({ expected }) => expected.includes(`did you mean ${meant}?`))
    assert.equal(problem?.path, `services.orders.${path}`, line)
    const last = path.split('.').at(-1) as string
    const expected = line.indexOf(last === 'limit' ? 'gradientLimt' : last) + 5
    assert.deepEqual([problem.line, problem.column], [5, expected], line)
  }
})

test('a quota in Redis is made by what the program hands in', async () => {
  const line = "rateLimit: { permits: 5, quota: { redis: 'redis://:secret@127.0.0.1/1', name: partner } }"
  const { plan } = await readText(service(line), { quotas })
  const { rateLimit } = plan.services.orders!
  assert.ok(rateLimit !== false && samePart(rateLimit.quota, quota({ redis: 'redis://127.0.0.1/1', name: 'partner' })))
  const own = quota({ redis: 'redis://127.0.0.1', name: 'own' })
  const custom = await readText(service('rateLimit: { permits: 5, quota: { custom: shared } }'), { quotas: { shared: () => own } })
  assert.ok(custom.plan.services.orders?.rateLimit !== false)
  assert.equal(custom.plan.services.orders?.rateLimit.quota, own)
})

test('the address of a quota need not stand in the file', async () => {
  const line = 'rateLimit: { permits: 5, quota: { redis: { env: REDIS_URL }, name: partner } }'
  const { plan } = await readText(service(line), { quotas, secrets: { 'env:REDIS_URL': 'redis://127.0.0.1:7000\n' } })
  assert.match(JSON.stringify(plan.services.orders?.rateLimit), /"redis:\/\/127\.0\.0\.1:7000/)
  assert.deepEqual(await linesOf(service(line), { quotas }), [
    '5:53 services.orders.rateLimit.quota.redis.env: a variable of the environment, with the URL of a Redis',
  ])
  assert.deepEqual(await problemsOf(service(line), { quotas, readsSecrets: false }), [])
})

test('a quota that cannot be used is refused, and no password is printed', async () => {
  const cases: [string, string, RegExp][] = [
    ["{ redis: 'http://:secret@127.0.0.1', name: a }", '.redis', /a redis:\/\/ or rediss:\/\/ URL/],
    ["{ redis: 'redis://127.0.0.1' }", '.name', /the name that whoever shares the quota says/],
    ["'redis://:secret@127.0.0.1'", '', /a quota: \{ redis: /],
    ['{ custom: mine }', '.custom', /one of the quotas that the program hands in: redis/],
    ["{ redis: 'redis://127.0.0.1', name: a, processes: 0 }", '.processes', /an integer in \[1/],
  ]
  for (const [text, path, expected] of cases) {
    const problems = await problemsOf(service(`rateLimit: { permits: 5, quota: ${text} }`), { quotas })
    assert.equal(problems.length, 1, `${text}: ${JSON.stringify(problems)}`)
    assert.equal(problems[0]?.path, `services.orders.rateLimit.quota${path}`)
    assert.match(problems[0]?.expected ?? '', expected)
    assert.doesNotMatch(problems[0]?.received ?? '', /secret/, text)
  }
  const [unknown] = await problemsOf(service("rateLimit: { permits: 5, quota: { redis: 'redis://127.0.0.1', name: a } }"))
  assert.equal(unknown?.expected, "quotas.redis among what the program hands in, that is quota of 'proxyless/quota'")
})
