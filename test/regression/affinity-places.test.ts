// A call that is held to an endpoint was drawn to a zone by chance, and where its endpoint was in another one it got a new one each time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  affinity,
  type BalancerPart,
  type EndpointSpec,
  fixed,
  type LocalityOptions,
  mesh,
  roundRobin,
  slowStart,
} from '../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../src/testing/index.ts'

const endpoints = Array.from({ length: 8 }, (_, i) => ({
  url: `http://10.0.0.${i + 1}:80`,
  zone: i % 2 === 0 ? 'a' : 'b',
  priority: i < 6 ? 0 : 1,
}))
const nameOf = (url: string) => Buffer.from(url.slice('http://'.length)).toString('base64')

function openCarts(
  locality: LocalityOptions,
  balancer: BalancerPart = affinity(roundRobin(), { header: 'x-at' }),
  specs: readonly EndpointSpec[] = endpoints,
) {
  const clock = fakeClock({ turns: 0 })
  const transport = scriptedTransport(({ endpoint }) => ({ body: endpoint.address }), { record: false })
  const net = mesh({ clock, random: seededRandom('carts'), transport })
    .service('carts', (s) => s.resolve(fixed(specs)).balance(balancer).locality(locality))
    .build()
  const served = async (url: string): Promise<string[]> => {
    const found = new Set<string>()
    for (let i = 0; i < 30; i += 1) {
      const response = await clock.until(net.fetch('http://carts/', { headers: { 'x-at': nameOf(url) } }))
      found.add(await clock.until(response.text()))
    }
    return [...found]
  }
  return { clock, net, served }
}

for (const locality of [
  { mode: 'weighted', weights: { a: 1, b: 1 } },
  { zone: 'a', clients: { a: 3, b: 1 }, minClusterSize: 0 },
] satisfies LocalityOptions[]) {
  test(`a call goes to the endpoint that it is held to in whichever zone that is, with ${JSON.stringify(locality)}`, async () => {
    const { clock, net, served } = openCarts(locality)
    for (const { url } of endpoints.slice(0, 6)) assert.deepEqual(await served(url), [url])
    net.service('carts').eject('http://10.0.0.2:80', '5s')
    const meanwhile = await served('http://10.0.0.2:80')
    assert.ok(meanwhile.length > 1 && !meanwhile.includes('http://10.0.0.2:80'), `${meanwhile}`)
    await clock.advance(5_001)
    assert.deepEqual(await served('http://10.0.0.2:80'), ['http://10.0.0.2:80'])
    await clock.until(net.close())
  })
}

test('a call is not held to an endpoint of a tier, or a zone, that gets no calls', async () => {
  const { clock, net, served } = openCarts({ mode: 'weighted', weights: { a: 1 } })
  for (const url of ['http://10.0.0.7:80', 'http://10.0.0.2:80']) {
    assert.deepEqual((await served(url)).sort(), ['http://10.0.0.1:80', 'http://10.0.0.3:80', 'http://10.0.0.5:80'])
  }
  await clock.until(net.close())
})

test('a balancer around it holds calls likewise', async () => {
  const { clock, net, served } = openCarts(
    { mode: 'weighted', weights: { a: 1, b: 1 } },
    slowStart(affinity(roundRobin(), { header: 'x-at' })),
  )
  for (const { url } of endpoints.slice(0, 6)) assert.deepEqual(await served(url), [url])
  await clock.until(net.close())
})

test('a call stays with its endpoint when that is degraded, strict or not, and another one does not go there', async () => {
  const degraded = endpoints.map((spec, i) => (i === 1 || i === 7 ? { ...spec, health: 'degraded' as const } : spec))
  const weighted: LocalityOptions = { mode: 'weighted', weights: { a: 1, b: 1 } }
  for (const strict of [false, true]) {
    for (const locality of [weighted, { zone: 'b' }, { zone: 'b', mode: 'failover' as const }]) {
      const { clock, net, served } = openCarts(locality, affinity(roundRobin(), { header: 'x-at', strict }), degraded)
      assert.deepEqual(await served('http://10.0.0.2:80'), ['http://10.0.0.2:80'], `${strict} ${JSON.stringify(locality)}`)
      assert.deepEqual(await served('http://10.0.0.4:80'), ['http://10.0.0.4:80'])
      // Of a priority that gets no calls.
      for (const url of ['http://10.0.0.7:80', 'http://10.0.0.8:80']) assert.equal((await served(url)).includes(url), strict)
      await clock.until(net.close())
    }
    const { clock, net, served } = openCarts({ mode: 'weighted', weights: { a: 1 } }, undefined, degraded)
    assert.ok(!(await served('http://10.0.0.2:80')).includes('http://10.0.0.2:80'), 'its zone gets no calls')
    await clock.until(net.close())
  }
})
