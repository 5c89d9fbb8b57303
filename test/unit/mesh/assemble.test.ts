import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, MeshError, mesh, meshDefaults, type Policy, type ServiceDraft, type SpentAttempt } from '../../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const one = 'http://10.0.0.1:8080'
const two = 'http://10.0.0.2:8080'

const hangingCall: Policy = { name: 'hanging', scope: 'call', layer: () => () => () => new Promise(() => {}) }
const hangingAttempt: Policy = { name: 'hanging', scope: 'attempt', layer: () => () => () => new Promise(() => {}) }

/** A mesh of one service, whose transport answers with 200. */
function meshOf(configure: (s: ServiceDraft) => ServiceDraft, script: Parameters<typeof scriptedTransport>[0] = { body: 'ok' }) {
  const clock = fakeClock()
  const transport = scriptedTransport(script)
  const net = mesh({ clock, transport, random: seededRandom('assemble') })
    .service('orders', (s) => s.apply(configure).resolve(fixed([one, two])))
    .build()
  const codeOf = (call: Promise<Response>) =>
    call.then(
      (response) => String(response.status),
      (error) => MeshError.from(error)?.code,
    )
  return { clock, transport, net, codeOf }
}

test('the deadline covers call policies of users', async () => {
  const { clock, net, codeOf } = meshOf((s) => s.use(hangingCall))
  const code = codeOf(net.fetch('http://orders/', { mesh: { deadline: '1s' } }))
  await clock.advance(1_000)
  assert.equal(await code, 'DEADLINE_EXCEEDED')
})

test('the attempt timeout covers attempt policies of users, and routing counts the attempt as failed', async () => {
  const { clock, net, codeOf } = meshOf((s) => s.use(hangingAttempt))
  net.apply({
    ...net.plan,
    services: { orders: { ...net.plan.services.orders, retry: { attempts: 2, attemptTimeout: '100ms' }, deadline: '1s' } as never },
  })
  const code = codeOf(net.fetch('http://orders/'))
  await clock.advance(1_000)
  assert.equal(await code, 'DEADLINE_EXCEEDED')
  const endpoints = net.snapshot().services.orders?.endpoints ?? []
  assert.equal(
    endpoints.reduce((sum, { attempts }) => sum + attempts, 0),
    2,
  )
  assert.ok(endpoints.some(({ failures }) => failures === 1))
})

test('call policies of users see one outcome however many attempts it took', async () => {
  let spent: readonly SpentAttempt[] = []
  let outcomes = 0
  const watch: Policy = {
    name: 'watch',
    scope: 'call',
    layer: () => (next) => async (call) => {
      const outcome = await next(call)
      outcomes += 1
      spent = [...call.spent]
      return outcome
    },
  }
  const { clock, net, codeOf } = meshOf(
    (s) => s.use(watch),
    (far) => ({ status: far.attempt.number === 1 ? 503 : 200 }),
  )
  assert.equal(await clock.until(codeOf(net.fetch('http://orders/'))), '200')
  assert.equal(outcomes, 1)
  assert.deepEqual(
    spent.map(({ result }) => result),
    [503, 200],
  )
})

test('a service without retries makes one attempt, also when it was never sent', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport({ error: 'CONNECT_FAILED' })
  const net = mesh({ clock, transport })
    .service('orders', (s) => s.resolve(fixed([one, two])).retry(false))
    .build()
  await assert.rejects(net.fetch('http://orders/'), (error) => MeshError.from(error)?.code === 'CONNECT_FAILED')
  assert.equal(transport.begun, 1)
})

test('the defaults of a mesh are what the docs say', () => {
  assert.deepEqual(meshDefaults, { name: 'mesh', outbound: 'passthrough', grace: '30s', passthroughOrigins: 1_024 })
  assert.ok(Object.isFrozen(meshDefaults))
})
