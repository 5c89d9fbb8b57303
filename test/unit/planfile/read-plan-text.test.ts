import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CallPolicy, file, fixed, leastRequest, mesh, peakEwma, powerOfTwo, roundRobin, samePart } from '../../../src/index.ts'
import { linesOf, problemsOf, readText } from './read-text.ts'

/** A service with one more line. */
const service = (line: string) => `services:\n  orders:\n    resolve: { fixed: ['http://10.0.0.7:80'] }\n    ${line}\n`

test('a file makes the plan that the builder makes', async () => {
  const text = `
$schema: ./mesh.schema.json
name: checkout
outbound: registered-only
defaults:
  deadline: 2s
  retry: { attempts: 4 }
services:
  orders:
    resolve: { fixed: ['http://10.0.0.7:8080', { url: 'http://10.0.0.8:8080', weight: 2 }] }
    alias: [orders.shop.svc]
    subset: { version: [v1, v2] }
    balance: { powerOfTwo: { peakEwma: { decay: 5s } } }
    deadline: Infinity
    rateLimit: { permits: 500, per: 1s, burst: 100 }
  users:
    resolve: { fixed: ['http://10.0.0.9:8080'] }
    bare: true
`
  const { plan } = await readText(text)
  const built = mesh({ name: 'checkout', outbound: 'registered-only' })
    .defaults((s) => s.deadline('2s').retry({ attempts: 4 }))
    .service('orders', (s) =>
      s
        .resolve(fixed(['http://10.0.0.7:8080', { url: 'http://10.0.0.8:8080', weight: 2 }]))
        .alias('orders.shop.svc')
        .subset('version', ['v1', 'v2'])
        .balance(powerOfTwo(peakEwma({ decay: '5s' })))
        .deadline(Number.POSITIVE_INFINITY)
        .rateLimit({ permits: 500, per: '1s', burst: 100 }),
    )
    .service('users', (s) => s.resolve(fixed(['http://10.0.0.9:8080'])).bare())
    .plan()
  assert.ok(samePart(plan, built), JSON.stringify([plan, built]))
})

test('JSON and YAML say the same', async () => {
  const content = {
    services: { orders: { resolve: { fixed: ['http://10.0.0.7:80'] }, http: { keepAlive: 'Infinity' }, balance: 'leastRequest' } },
  }
  const json = await readText(JSON.stringify(content), { file: 'mesh.json' })
  const yaml = await readText(JSON.stringify(content), { file: 'mesh.yaml' })
  assert.ok(samePart(json.plan, yaml.plan))
  assert.equal(json.plan.services.orders?.http.keepAlive, Number.POSITIVE_INFINITY)
  assert.ok(samePart(json.plan.services.orders?.balancer, leastRequest()))
})

test('a byte order mark before the text does not matter', async () => {
  assert.deepEqual(await problemsOf(`\uFEFF${service('deadline: 2s')}`), [])
})

test('every problem is told at once, in the order of the file, with its line and column', async () => {
  const text = `outbond: registered-only
defaults:
  deadline: 2 seconds
services:
  orders:
    resolve: { dns: { name: orders.internal, port: 80800 } }
    balance: { powerOfTwo: peakEwm }
    retries: 5
    concurrency: { limit: gradientLimt, queue: -1 }
  users:
    resolve:
      fixed: ['http://10.0.0.7:8080/path', { url: 'http://10.0.0.8:8080', weight: -2 }]
    alias: [orders]
  empty:
  lost: { deadline: 1s }
`
  const lines = (await problemsOf(text)).map(({ line, column, path }) => `${line}:${column} ${path}`)
  assert.deepEqual(lines, [
    '1:1 outbond',
    '3:13 defaults.deadline',
    '6:52 services.orders.resolve.dns.port',
    '7:28 services.orders.balance.powerOfTwo',
    '8:5 services.orders.retries',
    '9:27 services.orders.concurrency.limit',
    '9:48 services.orders.concurrency.queue',
    '12:15 services.users.resolve.fixed[0]',
    '12:83 services.users.resolve.fixed[1].weight',
    '13:13 services.users.alias[0]',
    '14:3 services.empty',
    '15:3 services.lost',
  ])
})

test('a field of an endpoint that has no name, or an odd one, is told where it stands', async () => {
  const text = `services:\n  orders:\n    resolve: { fixed: [{ url: 'http://10.0.0.7:80', '': 1, 'a.b': 1 }] }\n`
  const lines = (await problemsOf(text)).map(({ line, column, path, received }) => `${line}:${column} ${path} ${received}`)
  assert.deepEqual(lines, ['3:57 services.orders.resolve.fixed[0][""] 1', '3:67 services.orders.resolve.fixed[0]["a.b"] 1'])
})

test('a mistake in the defaults is told once, where it stands', async () => {
  const text = `defaults: { retry: { attempts: 0 } }\nservices:\n${[1, 2, 3].map((n) => `  s${n}: { resolve: { fixed: ['http://10.0.0.${n}:80'] } }\n`).join('')}`
  assert.deepEqual(await linesOf(text), ['1:32 defaults.retry.attempts: an integer in [1, Infinity)'])
})

test('a setting of the defaults that does not go with one of a service is told', async () => {
  const text = `defaults: { retry: { attemptTimeout: 3s } }\n${service('deadline: 1s')}`
  assert.deepEqual(await linesOf(text), ['1:38 defaults.retry.attemptTimeout: a duration not above deadline, which is 1000 ms'])
})

test('unknown names come with the name that was probably meant', async () => {
  const cases: [string, RegExp][] = [
    ['retrys: {}', /did you mean retry\?/],
    ['retry: { attemts: 3 }', /did you mean attempts\?/],
    ['balance: roundRobbin', /did you mean roundRobin\?/],
    ['balance: { ringhash: { hashOn: path } }', /did you mean ringHash\?/],
    ['balance: { ringHash: { hashon: path } }', /did you mean hashOn\?/],
    ['balance: { powerOfTwo: inflight }', /did you mean inFlight\?/],
  ]
  for (const [line, hint] of cases) {
    const problems = await problemsOf(service(line))
    assert.ok(
      problems.some(({ expected }) => hint.test(expected)),
      `${line}: ${JSON.stringify(problems)}`,
    )
  }
})

test('values of a wrong kind are told with what was expected', async () => {
  const cases: [string, RegExp][] = [
    ['retry: 3', /an object of options/],
    ['retry:', /an object of options/],
    ['retry: [1]', /an object of options/],
    ['deadline: true', /a duration/],
    ['deadline: -1', /a duration/],
    ['deadline: .nan', /a duration/],
    ['alias: orders', /a list of hosts/],
    ['subset: { version: v1 }', /a list of at least one text/],
    ['balance: 5', /a balancer such as/],
    ['balance: { roundRobin: {}, random: {} }', /a balancer such as/],
    ['balance: ringHash', /\{ ringHash: \.\.\. \}/],
    ['balance: { ringHash: {} }', /'path', 'client', 'key'/],
    ['balance: { boundedLoad: { balancer: 7 } }', /a balancer such as/],
    ['balance: { maglev: { hashOn: path, tableSize: 100 } }', /a prime/],
    ['balance: { affinity: { balancer: roundRobin } }', /either a cookie or a header/],
    ['concurrency: { limit: 0 }', /an integer in \[1/],
    ['concurrency: { limit: 1.5 }', /an integer in \[1/],
    ['bare: yes please', /true or false/],
    ['use: [mine]', /a policy of the program/],
    ['classify: mine', /a classifier/],
  ]
  for (const [line, expected] of cases) {
    const problems = await problemsOf(service(line))
    assert.equal(problems.length, 1, `${line}: ${JSON.stringify(problems)}`)
    assert.match(problems[0]!.expected, expected, line)
    assert.equal(problems[0]!.line, 4, line)
  }
})

test('a file that is no plan at all is refused', async () => {
  const cases: [string, RegExp][] = [
    ['', /a plan/],
    ['  \n\n', /a plan/],
    ['# only a comment\n', /an object with/],
    ['[]', /an object with/],
    ['hello', /an object with/],
    ['name: checkout\n', /'services', an object of services by name/],
    ['services:\n', /an object of services by name/],
    ['services: [orders]\n', /an object of services by name/],
    ['services: { "a b": { resolve: { fixed: ["http://10.0.0.7:80"] } } }', /a host name of letters/],
    ['services: { __proto__: { resolve: { fixed: ["http://10.0.0.7:80"] } } }', /a host name of letters/],
  ]
  for (const [text, expected] of cases) {
    const [problem] = await problemsOf(text)
    assert.match(problem?.expected ?? '', expected, JSON.stringify(text))
    assert.equal(problem?.line, 1)
  }
})

test('a plan without services is a plan, if it says so', async () => {
  assert.deepEqual((await readText('services: {}')).plan.services, {})
})

test('the defaults cannot have what belongs to one service', async () => {
  const problems = await problemsOf("defaults: { resolve: { fixed: ['http://10.0.0.7:80'] }, alias: [a], subset: {} }\nservices: {}")
  assert.deepEqual(
    problems.map(({ path }) => path),
    ['defaults.resolve', 'defaults.alias', 'defaults.subset'],
  )
  for (const { expected } of problems) assert.match(expected, /one of the settings that services can share/)
})

test('what the program hands in is named in the file', async () => {
  const seen: unknown[] = []
  const mine = (options?: { readonly factor: number }) => {
    seen.push(options)
    return roundRobin()
  }
  const isBusy = () => true
  const policy = { name: 'mine', scope: 'call', layer: () => (next) => next } satisfies CallPolicy
  const text = `services:
  orders:
    resolve: { custom: { registry: { url: 'http://10.0.0.1' } } }
    balance: { boundedLoad: { balancer: { custom: { mine: { factor: 2 } } } } }
    retry: { on: [5xx, { function: isBusy }] }
    use: [{ custom: policy }]
  users:
    resolve: { custom: registry }
    balance: { custom: mine }
`
  const { plan } = await readText(text, {
    balancers: { mine },
    resolvers: { registry: () => fixed(['http://10.0.0.1:80']) },
    policies: { policy: () => policy },
    functions: { isBusy },
  })
  assert.deepEqual(seen, [{ factor: 2 }, undefined])
  const { orders } = plan.services
  assert.deepEqual(orders?.retry !== false && orders?.retry.on, ['5xx', isBusy])
  assert.deepEqual(orders?.policies, [policy])
})

test('a name that the program does not hand in is told with those that it does', async () => {
  const options = { balancers: { mine: () => roundRobin() }, functions: { isBusy: () => true } }
  const cases: [string, RegExp][] = [
    ['balance: { custom: mien }', /one of the balancers that the program hands in: mine \(did you mean mine\?\)/],
    ['balance: mine', /did you mean \{ custom: mine \}\?/],
    ['retry: { on: [{ function: isBussy }] }', /one of the functions that the program hands in: isBusy \(did you mean isBusy\?\)/],
    ['balance: { powerOfTwo: { custom: x } }', /among the meters that the program hands in, which are none/],
    ['balance: { custom: toString }', /one of the balancers that the program hands in/],
  ]
  for (const [line, expected] of cases) assert.match((await problemsOf(service(line), options))[0]?.expected ?? '', expected, line)
})

test('what a function of the program throws is a problem of the file', async () => {
  const balancers = {
    mine: () => {
      throw new TypeError('mine: factor: expected a number, got undefined')
    },
  }
  const [problem] = await problemsOf(service('balance: { custom: mine }'), { balancers })
  assert.deepEqual(
    [problem?.path, problem?.expected, problem?.received],
    ['services.orders.balance.custom.factor', 'a number', 'undefined'],
  )
})

test('certificates and keys come from files and from the environment', async () => {
  const text = service('tls: { ca: [{ file: ca.pem }, { env: MORE_CA }], servername: orders.internal }')
  const missing = await linesOf(text)
  assert.deepEqual(missing, [
    '4:25 services.orders.tls.ca[0].file: a file that can be read, with text in PEM',
    '4:42 services.orders.tls.ca[1].env: a variable of the environment, with text in PEM',
  ])
  const { plan, secrets } = await readText(text, { readsSecrets: false })
  assert.deepEqual([plan.services.orders?.tls?.servername, secrets.size], ['orders.internal', 0])
  const wrong = await problemsOf(service('tls: { key: { path: key.pem } }'))
  assert.match(wrong[0]?.expected ?? '', /\{ file: path \} or \{ env: NAME \}/)
  const unfit = await problemsOf(service('tls: { key: { env: KEY } }'), { secrets: { 'env:KEY': 'no key at all' } })
  assert.deepEqual([unfit[0]?.path, unfit.length], ['services.orders.tls', 1])
  assert.ok(!JSON.stringify(unfit).includes('no key at all'))
})

test('paths in a file begin at its folder', async () => {
  const { plan } = await readText('services: { orders: { resolve: { file: endpoints.json } } }')
  assert.ok(samePart(plan.services.orders?.resolver, file('/etc/app/endpoints.json')))
})
