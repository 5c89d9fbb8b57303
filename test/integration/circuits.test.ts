import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, MeshError, mesh, roundRobin } from '../../src/index.ts'
import { MovableClock } from '../servers/movable-clock.ts'
import { until } from '../servers/server-kit.ts'
import { httpServer } from './transport/wire.ts'

test('traffic leaves an endpoint that answers 500 in a millisecond, probes it with single calls, and returns when it is well', async (t) => {
  const served = [0, 0, 0]
  let ill = true
  const servers = await Promise.all(
    served.map((_, i) =>
      httpServer(t, (request, response) => {
        request.resume()
        served[i] = (served[i] as number) + 1
        if (i === 0 && ill) response.writeHead(500).end('ill')
        else response.end('well')
      }),
    ),
  )
  const clock = new MovableClock()
  const net = mesh({ name: 'circuits', clock })
    .service('orders', (s) =>
      s
        .resolve(fixed(servers.map(({ url }) => url)))
        .balance(roundRobin())
        .circuitBreaker({ openFor: '1h', maxOpenFor: '1h', jitter: 0 }),
    )
    .build()
  const events: string[] = []
  const sick = servers[0]?.url
  for (const name of ['circuit-opened', 'circuit-half-open', 'circuit-closed'] as const) {
    net.on(name, ({ endpoint }) => {
      assert.equal(endpoint, sick)
      events.push(name)
    })
  }
  const call = async () => {
    const response = await net.fetch('http://orders/')
    await response.text()
    return response.status
  }
  const burst = (calls: number) => Promise.all(Array.from({ length: calls }, call))

  // One caller, so that five failures in a row are exactly five.
  for (let i = 0; i < 30; i += 1) await call()
  assert.equal(served[0], 5)
  assert.deepEqual(events, ['circuit-opened'])

  // The open time is over: of a hundred calls at once one is the probe.
  clock.move(3_600_000)
  await until('a probe is allowed', () => events.at(-1) === 'circuit-half-open')
  const statuses = await burst(100)
  assert.equal(served[0], 6)
  assert.equal(statuses.filter((status) => status === 500).length, 1)
  assert.deepEqual(events, ['circuit-opened', 'circuit-half-open', 'circuit-opened'])

  ill = false
  clock.move(3_600_000)
  await until('a probe is allowed', () => events.at(-1) === 'circuit-half-open')
  await call()
  await until('the circuit is closed', () => events.at(-1) === 'circuit-closed')
  const before = served[0] as number
  await burst(30)
  assert.equal((served[0] as number) - before, 10)
  await net.close()
})

test('when every circuit is open panic still routes, and each endpoint returns by its own probe', async (t) => {
  let ill = true
  const servers = await Promise.all(
    [0, 1].map(() =>
      httpServer(t, (request, response) => {
        request.resume()
        response.writeHead(ill ? 500 : 200).end()
      }),
    ),
  )
  const clock = new MovableClock()
  const net = mesh({ name: 'panic', clock })
    .service('orders', (s) =>
      s
        .resolve(fixed(servers.map(({ url }) => url)))
        .balance(roundRobin())
        .circuitBreaker({ openFor: '1h', maxOpenFor: '1h', jitter: 0 }),
    )
    .build()
  const states = () => net.snapshot().services.orders?.endpoints.map(({ circuit }) => circuit?.state)
  const get = async () => {
    const response = await net.fetch('http://orders/')
    await response.text()
    return response.status
  }
  for (let i = 0; i < 20; i += 1) assert.equal(await get(), 500)
  assert.deepEqual(states(), ['open', 'open'])
  ill = false
  assert.equal(await get(), 200)
  assert.deepEqual(states(), ['open', 'open'])
  clock.move(3_600_000)
  await until('probes are allowed', () => states()?.join() === 'half-open,half-open')
  for (let i = 0; i < 4; i += 1) assert.equal(await get(), 200)
  await until('both circuits are closed', () => states()?.join() === 'closed,closed')
  await net.close()
})

test('the circuit of a service refuses at once, without a connection, and lets calls through again by one probe', async (t) => {
  let served = 0
  let ill = true
  const server = await httpServer(t, (request, response) => {
    request.resume()
    served += 1
    response.writeHead(ill ? 503 : 200).end()
  })
  const clock = new MovableClock()
  const net = mesh({ name: 'service', clock })
    .service('orders', (s) =>
      s
        .resolve(fixed([server.url]))
        .retry(false)
        .circuitBreaker({ endpoints: false, service: { minimumCalls: 10, openFor: '1h', maxOpenFor: '1h', jitter: 0 } }),
    )
    .build()
  const get = () =>
    net.fetch('http://orders/').then(
      async (response) => {
        await response.text()
        return response.status
      },
      (error: unknown) => MeshError.from(error)?.code,
    )
  for (let i = 0; i < 10; i += 1) assert.equal(await get(), 503)
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 50 }, get))), new Set(['CIRCUIT_OPEN']))
  assert.equal(served, 10)
  ill = false
  clock.move(3_600_000)
  await until('a probe is allowed', () => net.snapshot().services.orders?.circuit?.state === 'half-open')
  const results = await Promise.all(Array.from({ length: 50 }, get))
  assert.deepEqual([results.filter((result) => result === 200).length, served], [1, 11])
  assert.equal(await get(), 200)
  await net.close()
})
