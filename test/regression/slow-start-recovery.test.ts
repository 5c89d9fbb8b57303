// Who is new was asked when a call came: an endpoint that was well again, or had joined, while there were no calls was not new, or not for long.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mesh, type ResolveFunction, roundRobin, slowStart } from '../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../src/testing/index.ts'

const urls = [1, 2, 3, 4].map((i) => `http://10.0.0.${i}:80`)
const [first] = urls as [string]
const window = 100_000

function world(resolve: ResolveFunction) {
  const clock = fakeClock({ turns: 0 })
  const transport = scriptedTransport(({ endpoint }) => ({ body: endpoint.address }), { record: false })
  const net = mesh({ clock, random: seededRandom('slow'), transport })
    .service('orders', (s) =>
      s
        .resolve(resolve)
        .balance(slowStart(roundRobin(), { window, minWeight: 0.01 }))
        .subset('version', ['a']),
    )
    .build()
  const callsTo = async (url: string, init: object = {}, count = 100) => {
    let hits = 0
    for (let i = 0; i < count; i += 1) {
      const response = await clock.until(net.service('orders').fetch('/', init))
      if ((await clock.until(response.text())) === url) hits += 1
    }
    return hits
  }
  return { clock, net, callsTo }
}

async function* labelled() {
  yield urls.map((url) => ({ url, labels: { version: 'a' } }))
}

test('an endpoint that is fit again is new to a subset that had no calls while it was out', async () => {
  const { clock, net, callsTo } = world(labelled)
  const ofA = { mesh: { subset: { version: 'a' } } }
  assert.equal(await callsTo(first, ofA), 25)
  net.service('orders').eject(first, '10s')
  assert.equal(await callsTo(first), 0)
  await clock.advance(10_001)
  assert.ok((await callsTo(first)) <= 2)
  assert.ok((await callsTo(first, ofA)) <= 2)
  await clock.advance(window)
  assert.equal(await callsTo(first, ofA), 25)
  await clock.until(net.close())
})

test('an endpoint that was out while there were no calls is new from when it is fit again', async () => {
  const { clock, net, callsTo } = world(labelled)
  assert.equal(await callsTo(first), 25)
  net.service('orders').eject(first, '10s')
  await clock.advance(10_001)
  assert.ok((await callsTo(first)) <= 2)
  net.service('orders').eject(first, '10s')
  await clock.advance(10_001 + window)
  assert.equal(await callsTo(first), 25)
  await clock.until(net.close())
})

test('an endpoint that joined while there were no calls is new from when it joined', async () => {
  let join = () => {}
  const joined = new Promise<void>((resolve) => {
    join = resolve
  })
  const { clock, net, callsTo } = world(async function* () {
    yield urls.slice(1)
    await joined
    yield urls
  })
  assert.equal(await callsTo(first), 0)
  join()
  await clock.advance(window / 2)
  const half = await callsTo(first, {}, 350)
  assert.ok(Math.abs(half - 50) <= 2, `${half}`)
  await clock.advance(window / 2)
  assert.equal(await callsTo(first), 25)
  await clock.until(net.close())
})

test('a balancer is told once of what changes together, also without calls, and by none but the service in force', async () => {
  const { clock, net } = world(labelled)
  const told: (readonly string[])[] = []
  await clock.settle()
  const { plan } = net
  const balancer = () => ({
    name: 'listening',
    noticed: (endpoints: readonly { address: string }[], isFit: (endpoint: never) => boolean) =>
      told.push(endpoints.filter((endpoint) => isFit(endpoint as never)).map(({ address }) => address)),
    picker: (endpoints: readonly unknown[]) => ({ pick: () => endpoints[0] as never }),
  })
  net.apply({ ...plan, services: { orders: { ...plan.services.orders, balancer } } } as never)
  assert.deepEqual(told.splice(0), [urls])
  for (const url of urls.slice(0, 2)) net.service('orders').eject(url, '10s')
  await clock.settle()
  assert.deepEqual(told.splice(0), [urls.slice(2)])
  await clock.until(net.close())
  await clock.advance(10_001)
  assert.deepEqual(told, [])
})
