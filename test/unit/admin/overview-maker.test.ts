import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventLog } from '../../../src/admin/event-log.ts'
import { OverviewMaker } from '../../../src/admin/overview-maker.ts'
import { plainJson } from '../../../src/admin/plain-json.ts'
import { fixed, type Mesh, mesh, roundRobin } from '../../../src/index.ts'
import { byEndpoint, type FakeClock, fakeClock, scriptedTransport } from '../../../src/testing/index.ts'

const urls = ['http://10.0.0.1:80', 'http://10.0.0.2:80'] as const

async function open(): Promise<{
  net: Mesh
  clock: FakeClock
  maker: OverviewMaker
  log: EventLog
  call: (times: number) => Promise<void>
}> {
  const clock = fakeClock()
  const transport = scriptedTransport(byEndpoint({ [urls[0]]: { status: 200, body: 'ok' }, [urls[1]]: { status: 500, body: 'no' } }))
  const net = mesh({ name: 'shop', clock, transport })
    .service('orders', (s) =>
      s
        .resolve(fixed([...urls]))
        .balance(roundRobin())
        .retry(false)
        .circuitBreaker(false)
        .ejection(false),
    )
    .build() as unknown as Mesh
  const log = new EventLog(net, clock)
  const maker = new OverviewMaker(net, log, true, clock)
  const call = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i += 1) await (await net.fetch('http://orders/')).text()
  }
  await clock.settle()
  return { net, clock, maker, log, call }
}

test('a first look has no rates, and shares since the beginning', async () => {
  const { net, maker, call } = await open()
  await call(4)
  const { windowMs, services } = maker.make()
  assert.equal(windowMs, 0)
  assert.deepEqual([services[0]?.perSecond, services[0]?.endpoints.map(({ share }) => share)], [undefined, [0.5, 0.5]])
  await net.close()
})

test('rates and shares are those of the last seconds', async () => {
  const { net, clock, maker, call } = await open()
  await call(40)
  maker.make()
  await clock.advance(2_000)
  net.service('orders').eject(urls[1])
  await call(10)
  const { windowMs, services } = maker.make()
  assert.equal(windowMs, 2_000)
  assert.deepEqual([services[0]?.perSecond, services[0]?.failuresPerSecond], [5, 0])
  assert.deepEqual(
    services[0]?.endpoints.map(({ share, perSecond }) => [share, perSecond]),
    [
      [1, 5],
      [0, 0],
    ],
  )
  await net.close()
})

test('who looks all the while sees five seconds, and who looks after a long time begins anew', async () => {
  const { net, clock, maker } = await open()
  for (let i = 0; i < 20; i += 1) {
    maker.make()
    await clock.advance(1_000)
  }
  assert.equal(maker.make().windowMs, 5_000)
  await clock.advance(60_000)
  assert.equal(maker.make().windowMs, 0)
  await net.close()
})

test('an endpoint that left and came back is counted from 0', async () => {
  const { net, clock, maker, call } = await open()
  await call(10)
  maker.make()
  await clock.advance(1_000)
  const before = net.plan
  const [orders] = Object.values(before.services)
  assert.ok(orders !== undefined)
  net.apply({ ...before, services: { orders: { ...orders, resolver: fixed([urls[0]]) } } })
  await clock.settle()
  net.apply(before)
  await clock.settle()
  await call(2)
  for (const endpoint of maker.make().services[0]?.endpoints ?? []) assert.ok((endpoint.perSecond ?? -1) >= 0)
  await net.close()
})

test('rare events are kept, newest first, a hundred at most, and none after close()', async () => {
  const { net, log } = await open()
  for (let i = 0; i < 80; i += 1) {
    net.service('orders').eject(urls[0])
    net.service('orders').readmit(urls[0])
  }
  assert.equal(log.lines.length, 100)
  assert.equal(log.lines[0]?.text, `${urls[0]} readmitted: by-hand`)
  assert.equal(log.lines[1]?.text, `${urls[0]} ejected: by-hand`)
  log.close()
  net.service('orders').eject(urls[0])
  assert.equal(log.lines[0]?.event, 'endpoint-readmitted')
  await net.close()
})

test('what JSON has no word for is a text', () => {
  assert.equal(
    plainJson({ a: Number.POSITIVE_INFINITY, b: Number.NaN, c: 5n, d: new TypeError('no'), e: new Set([1]), f: new Map([['x', 1]]) }),
    '{"a":"Infinity","b":"NaN","c":"5","d":"TypeError: no","e":[1],"f":{"x":1}}',
  )
  assert.equal(plainJson(undefined), 'null')
})
