import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent, MockAgent } from 'undici'
import { MeshError } from '../../../src/errors/mesh-error.ts'
import { attemptAt, endpointAt, errorOf, httpServer, textOf, transportFor } from './wire.ts'

test('a MockAgent may stand in for the wire', async (t) => {
  const mock = new MockAgent()
  mock.disableNetConnect()
  mock
    .get('http://10.0.0.7:8080')
    .intercept({ path: '/v1', method: 'GET' })
    .reply(203, { mocked: true }, { headers: { 'x-from': 'mock' } })
  t.after(() => mock.close())
  const transport = transportFor(t, { dispatcher: () => mock })
  const outcome = await transport.send(attemptAt(endpointAt('http://10.0.0.7:8080'), { path: '/v1' }))
  assert.ok(outcome.ok)
  assert.deepEqual([outcome.reply.status, outcome.reply.headers['x-from']], [203, 'mock'])
  assert.equal(await textOf(outcome), '{"mocked":true}')
  mock.assertNoPendingInterceptors()
})

test('the factory is asked once an endpoint', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end('ok'))
  const agent = new Agent()
  t.after(() => agent.close())
  let asked = 0
  const transport = transportFor(t, {
    dispatcher: () => {
      asked += 1
      return agent
    },
  })
  const endpoint = endpointAt(server.url)
  for (let i = 0; i < 3; i += 1) assert.equal(await textOf(await transport.send(attemptAt(endpoint))), 'ok')
  assert.equal(asked, 1)
})

test('a caller leaves at once although the dispatcher has queued the request', async (t) => {
  const server = await httpServer(t, () => {})
  const agent = new Agent({ connections: 1 })
  t.after(() => agent.destroy())
  const transport = transportFor(t, { dispatcher: () => agent })
  const endpoint = endpointAt(server.url)
  void transport.send(attemptAt(endpoint))
  const leaving = attemptAt(endpoint)
  const left = transport.send(leaving)
  leaving.cancellation.cancel(new MeshError('ABORTED', 'left', { service: 'orders', sent: false }))
  assert.equal(errorOf(await left).code, 'ABORTED')
})

test('a factory that throws fails the attempt and names itself', async (t) => {
  const transport = transportFor(t, {
    dispatcher: () => {
      throw new RangeError('no agent today')
    },
  })
  const error = errorOf(await transport.send(attemptAt(endpointAt('http://10.0.0.7:8080'))))
  assert.equal(error.code, 'INTERNAL')
  assert.match(error.message, /http\.dispatcher/)
  assert.ok(error.cause instanceof RangeError)
})
