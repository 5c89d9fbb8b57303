import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as proxyless from '../../../src/index.ts'
import { samePart } from '../../../src/index.ts'
import { balancers, meters } from '../../../src/planfile/balancers.ts'
import { limits } from '../../../src/planfile/limits.ts'
import { resolvers } from '../../../src/planfile/resolvers.ts'
import { problemsOf, readText } from './read-text.ts'

const { affinity, aimdLimit, aperture, boundedLoad, dns, file, firstOf, fixed, gradientLimit, inFlight, leastRequest, loadReports } =
  proxyless
const { maglev, merge, peakEwma, powerOfTwo, prequal, primaryBackup, random, randomSubset, rendezvous, ringHash, roundRobin } = proxyless
const { slowStart, vegasLimit, weightedRandom, weightedRoundRobin } = proxyless

const balance: readonly [string, unknown][] = [
  ['roundRobin', roundRobin()],
  ['{ roundRobin: {} }', roundRobin()],
  ['weightedRoundRobin', weightedRoundRobin()],
  ['random', random()],
  ['weightedRandom', weightedRandom()],
  ['primaryBackup', primaryBackup()],
  ['{ powerOfTwo: inFlight }', powerOfTwo(inFlight())],
  ['{ powerOfTwo: { peakEwma: { decay: 5s, forceProbe: Infinity } } }', powerOfTwo(peakEwma({ decay: '5s', forceProbe: Infinity }))],
  ['leastRequest', leastRequest()],
  ['{ leastRequest: { choices: 3, fullScanBelow: Infinity } }', leastRequest({ choices: 3, fullScanBelow: Infinity })],
  ['{ ringHash: { hashOn: { header: x-user }, minSize: 64 } }', ringHash({ hashOn: { header: 'x-user' }, minSize: 64 })],
  [
    '{ maglev: { hashOn: [{ cookie: s, terminal: true }, path], tableSize: 101 } }',
    maglev({ hashOn: [{ cookie: 's', terminal: true }, 'path'], tableSize: 101 }),
  ],
  ['{ rendezvous: { hashOn: { query: user } } }', rendezvous({ hashOn: { query: 'user' } })],
  [
    '{ boundedLoad: { balancer: { rendezvous: { hashOn: path } }, factor: 2 } }',
    boundedLoad(rendezvous({ hashOn: 'path' }), { factor: 2 }),
  ],
  ['{ slowStart: { balancer: weightedRandom, window: 1m } }', slowStart(weightedRandom(), { window: '1m' })],
  ['{ affinity: { balancer: random, cookie: { name: s, ttl: 1h } } }', affinity(random(), { cookie: { name: 's', ttl: '1h' } })],
  ['{ affinity: { balancer: random, header: x-to, strict: true } }', affinity(random(), { header: 'x-to', strict: true })],
  ['{ randomSubset: { size: 5, balancer: roundRobin } }', randomSubset({ size: 5, balancer: roundRobin() })],
  ['{ aperture: { peer: 1, peers: 4 } }', aperture({ peer: 1, peers: 4 })],
  ['{ aperture: { peer: 1, peers: 4, min: 3, meter: peakEwma } }', aperture({ peer: 1, peers: 4, min: 3, meter: peakEwma() })],
  ['{ loadReports: { metrics: [named_metrics.queue] } }', loadReports({ metrics: ['named_metrics.queue'] })],
  ['prequal', prequal()],
  ['{ prequal: { probes: 2 } }', prequal({ probes: 2 })],
]

test('a file names every balancer, with what its function takes', async () => {
  for (const [text, expected] of balance) {
    const { plan } = await readText(`services: { a: { resolve: { fixed: ['http://10.0.0.7:80'] }, balance: ${text} } }`)
    assert.ok(samePart(plan.services.a?.balancer, expected), `${text}: ${JSON.stringify(plan.services.a?.balancer)}`)
  }
})

test('a file names every resolver that needs no function', async () => {
  const cases: [string, unknown][] = [
    ["{ fixed: ['http://10.0.0.7:80'] }", fixed(['http://10.0.0.7:80'])],
    ['{ dns: orders.internal }', dns('orders.internal')],
    [
      '{ dns: { name: orders.internal, port: 80, minTtl: 2s, servers: [127.0.0.1:5353] } }',
      dns('orders.internal', { port: 80, minTtl: '2s', servers: ['127.0.0.1:5353'] }),
    ],
    ['{ file: /e.json }', file('/e.json')],
    ['{ file: { path: /e.json, every: 1s } }', file('/e.json', { every: '1s' })],
    ["{ firstOf: [{ dns: a.internal }, { fixed: ['http://10.0.0.7:80'] }] }", firstOf(dns('a.internal'), fixed(['http://10.0.0.7:80']))],
    ['{ merge: [{ dns: a.internal }, { dns: b.internal }] }', merge(dns('a.internal'), dns('b.internal'))],
  ]
  for (const [text, expected] of cases) {
    const { plan } = await readText(`services: { a: { resolve: ${text} } }`)
    assert.ok(samePart(plan.services.a?.resolver, expected), `${text}: ${JSON.stringify(plan.services.a?.resolver)}`)
  }
})

test('a file names every concurrency limit', async () => {
  const cases: [string, unknown][] = [
    ['100', 100],
    ['gradientLimit', gradientLimit()],
    ['{ gradientLimit: { min: 5 } }', gradientLimit({ min: 5 })],
    ['{ vegasLimit: { initial: 30 } }', vegasLimit({ initial: 30 })],
    ['{ aimdLimit: { min: 5, timeout: 1s } }', aimdLimit({ min: 5, timeout: '1s' })],
  ]
  for (const [text, expected] of cases) {
    const { plan } = await readText(`services: { a: { resolve: { dns: a.internal }, concurrency: { limit: ${text} } } }`)
    const { concurrency } = plan.services.a!
    assert.ok(concurrency !== false && samePart(concurrency.limit, expected), text)
  }
})

test('no strategy of the package is forgotten', () => {
  const named = [...Object.keys(balancers), ...Object.keys(meters), ...Object.keys(limits), ...Object.keys(resolvers((path) => path))]
  for (const name of named) assert.equal(typeof (proxyless as Record<string, unknown>)[name], 'function', name)
  // Makers of parts are functions whose result has a kind. Those that need a function of the program cannot stand in a file.
  const makers = balance.map(([text]) => /\w+/.exec(text)?.[0])
  assert.deepEqual(
    Object.keys(balancers).filter((name) => !makers.includes(name)),
    [],
  )
})

test('a strategy that its function refuses is told where it stands', async () => {
  const cases: [string, string][] = [
    ['{ ringHash: { hashOn: path, minSize: 5, maxSize: 4 } }', 'services.a.balance.ringHash.minSize'],
    ['{ aperture: { peer: 4, peers: 4 } }', 'services.a.balance.aperture.peer'],
    ['{ leastRequest: { choices: 1 } }', 'services.a.balance.leastRequest.choices'],
    ['{ powerOfTwo: { peakEwma: { decay: 0 } } }', 'services.a.balance.powerOfTwo.peakEwma.decay'],
  ]
  for (const [text, path] of cases) {
    const problems = await problemsOf(`services: { a: { resolve: { dns: a.internal }, balance: ${text} } }`)
    assert.deepEqual(
      problems.map((problem) => problem.path),
      [path],
      text,
    )
  }
  const wrongDns = await problemsOf("services: { a: { resolve: { dns: { name: 'a/b', records: srv, port: 80 } } } }")
  assert.ok(wrongDns.length > 0 && wrongDns.every(({ path }) => path.startsWith('services.a.resolve.dns')), JSON.stringify(wrongDns))
  const none = await problemsOf('services: { a: { resolve: { firstOf: [] } } }')
  assert.deepEqual(
    none.map(({ path, expected }) => `${path}: ${expected}`),
    ['services.a.resolve.firstOf: a list of at least one resolver'],
  )
})
