import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type FaultOptions, fixed, MeshError, mesh } from '../../src/index.ts'
import { until } from '../servers/server-kit.ts'
import { http2Server, httpServer } from './transport/wire.ts'

const text = 'x'.repeat(200_000)

/** A mesh with faults before one server on a real socket, which gives a large reply. */
async function faulty(t: TestContext, fault: FaultOptions, attemptTimeout: `${number}ms` | undefined = undefined) {
  let asked = 0
  let uploaded = 0
  const server = await httpServer(t, (request, response) => {
    asked += 1
    request.on('data', (piece: Buffer) => {
      uploaded += piece.byteLength
    })
    request.on('end', () => {
      // In two parts, so that the rest is still on its way when the body is cut.
      response.writeHead(200, { 'content-length': text.length }).write(text.slice(0, 100_000))
      const rest = setTimeout(() => response.end(text.slice(100_000)), 30)
      response.on('close', () => clearTimeout(rest))
    })
  })
  const net = mesh()
    .service('orders', (s) =>
      s
        .resolve(fixed([server.url]))
        .deadline('1m')
        .circuitBreaker(false)
        .ejection(false)
        .retry({ attempts: 1, attemptTimeout })
        .concurrency({ limit: 4 })
        .fault(fault),
    )
    .build()
  t.after(() => net.close({ grace: 0 }))
  const snapshot = () => net.snapshot().services.orders ?? assert.fail('no service')
  /** Nothing is held: no permit, no attempt, no fault, and every connection is idle. */
  const released = async () => {
    const held = () => {
      const { concurrency, endpoints, fault: faults, calls } = snapshot()
      const [{ inFlight, connections, idle, waiting } = assert.fail('no endpoint')] = endpoints
      return [concurrency?.inFlight, calls.inFlight, inFlight, faults?.active, waiting, connections - idle]
    }
    await until('nothing is held', () => held().every((count) => count === 0)).catch(() => assert.deepEqual(held(), [0, 0, 0, 0, 0, 0]))
  }
  return { net, server, snapshot, released, asked: () => asked, uploaded: () => uploaded }
}

type Faulty = Awaited<ReturnType<typeof faulty>>

/** A call through each door: the status, or the codes of the error as that door has them. */
const doors: Readonly<Record<string, (made: Faulty, init?: { method: string; body: string }) => Promise<string>>> = {
  fetch: async ({ net }, init) => {
    try {
      const response = await net.fetch('http://orders/', init)
      return `${response.status} ${(await response.text()).length}`
    } catch (error) {
      return MeshError.from(error)?.code ?? String(error)
    }
  },
  request: async ({ net }, init) => {
    try {
      const { statusCode, body } = await net.request('http://orders/', init as never)
      return `${statusCode} ${(await body.text()).length}`
    } catch (error) {
      return `${(error as { code?: string }).code} ${MeshError.from(error)?.code}`
    }
  },
}

for (const [name, call] of Object.entries(doors)) {
  const isFetch = name === 'fetch'
  const result = (undiciCode: string, code: string) => (isFetch ? code : `${undiciCode} ${code}`)

  test(`${name}: an attempt that is aborted with a status never opens a connection`, async (t) => {
    const made = await faulty(t, { abort: { share: 1, status: 503 } })
    assert.equal(await call(made), '503 15')
    assert.deepEqual([made.asked(), made.server.connections()], [0, 0])
    await made.released()
  })

  test(`${name}: injected errors have the codes of real ones`, async (t) => {
    const reset = await faulty(t, { abort: { share: 1, error: 'reset' } })
    assert.equal(await call(reset), result('ECONNRESET', 'CONNECTION_LOST'))
    await reset.released()
    const refused = await faulty(t, { abort: { share: 1, error: 'refused' } })
    assert.equal(await call(refused), result('ECONNREFUSED', 'CONNECT_FAILED'))
    await refused.released()
  })

  test(`${name}: an attempt that hangs ends with its timeout`, async (t) => {
    const made = await faulty(t, { abort: { share: 1, error: 'timeout' }, maxDelay: '100ms' })
    assert.equal(await call(made), result('UND_ERR_HEADERS_TIMEOUT', 'ATTEMPT_TIMEOUT'))
    await made.released()
  })

  test(`${name}: an attempt that waits is sent late, with its body`, async (t) => {
    const made = await faulty(t, { delay: { share: 1, time: '100ms' } })
    const startedAt = performance.now()
    assert.equal(await call(made, { method: 'POST', body: 'twelve bytes' }), '200 200000')
    assert.ok(performance.now() - startedAt >= 100)
    assert.equal(made.uploaded(), 12)
    await made.released()
  })

  test(`${name}: a body that is cut off loses its connection, and the next call gets another one`, async (t) => {
    const made = await faulty(t, { cutBody: { share: 1, afterBytes: 50_000 } })
    assert.equal(await call(made), result('UND_ERR_SOCKET', 'CONNECTION_LOST'))
    await until('its connection is gone', () => made.server.open() === 0)
    await made.released()
    made.net.service('orders').fault.disable()
    assert.equal(await call(made), '200 200000')
    assert.equal(made.server.connections(), 2)
    await made.released()
  })

  test(`${name}: a body that is slowed down comes whole, and its connection is used again`, async (t) => {
    const made = await faulty(t, { throttle: { share: 1, bytesPerSecond: 500_000 } })
    const startedAt = performance.now()
    assert.equal(await call(made), '200 200000')
    const tookMs = performance.now() - startedAt
    assert.ok(tookMs >= 350, `${tookMs} ms`)
    await made.released()
    made.net.service('orders').fault.disable()
    assert.equal(await call(made), '200 200000')
    assert.equal(made.server.connections(), 1)
  })

  test(`${name}: a throttled body ends with the deadline, and lets go of its connection`, async (t) => {
    const made = await faulty(t, { throttle: { share: 1, bytesPerSecond: 100 } })
    const { orders } = made.net.plan.services
    made.net.apply({ ...made.net.plan, services: { orders: { ...(orders ?? assert.fail()), deadline: '2s' } } })
    assert.equal(await call(made), result('UND_ERR_BODY_TIMEOUT', 'DEADLINE_EXCEEDED'))
    await made.released()
  })
}

test('a caller that leaves a slow or delayed call leaves nothing behind', async (t) => {
  for (const fault of [
    { throttle: { share: 1, bytesPerSecond: 1_000 } },
    { delay: { share: 1, time: '5s' } },
    { delay: { share: 1, time: '5s', where: 'reply' } },
  ] as const) {
    const made = await faulty(t, fault)
    const leave = new AbortController()
    void until('the fault is at work', () => made.snapshot().fault?.active === 1).then(() => leave.abort())
    await assert.rejects(
      made.net.fetch('http://orders/', { signal: leave.signal }).then((response) => response.text()),
      { name: 'AbortError' },
    )
    await made.released()
  }
})

test('a cut over HTTP/2 resets the stream, and the connection goes on', async (t) => {
  let resets = 0
  const server = await http2Server(t, (stream) => {
    stream.on('error', () => {})
    stream.on('aborted', () => {
      resets += 1
    })
    stream.respond({ ':status': 200 })
    stream.write(Buffer.alloc(1_000))
    if (net.service('orders').fault.enabled) return
    stream.end(Buffer.alloc(1_000))
  })
  const net = mesh()
    .service('orders', (s) =>
      s
        .resolve(fixed([server.url]))
        .retry(false)
        .http({ protocol: 'h2' })
        .fault({ cutBody: { share: 1, afterBytes: 500 } }),
    )
    .build()
  t.after(() => net.close({ grace: 0 }))
  const fails = async () => (await net.fetch('http://orders/')).arrayBuffer()
  await assert.rejects(fails)
  await assert.rejects(fails)
  net.service('orders').fault.disable()
  assert.equal((await fails()).byteLength, 2_000)
  await until('both streams were reset', () => resets === 2)
  assert.equal(server.sessions(), 1)
})
