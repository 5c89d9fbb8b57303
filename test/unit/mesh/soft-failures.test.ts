/** What may be repeated is not for that reason held against whoever answered. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Classifier, fixed, mesh, type RetryOn, roundRobin } from '../../../src/index.ts'
import { fakeClock, type ScriptedReply, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const urls = ['http://10.0.0.1:8080', 'http://10.0.0.2:8080', 'http://10.0.0.3:8080']

async function run(answer: ScriptedReply, on: readonly RetryOn[], classify?: Classifier) {
  const clock = fakeClock()
  const told: string[] = []
  const net = mesh({ clock, random: seededRandom(1), transport: scriptedTransport(answer) })
    .service('orders', (s) => {
      const draft = s
        .resolve(fixed(urls))
        .balance(roundRobin())
        .retry({ on: [...on], budget: false })
        .circuitBreaker({ service: {} })
      return classify === undefined ? draft : (draft.classify(classify) as never)
    })
    .build()
  for (const name of ['circuit-opened', 'endpoint-ejected'] as const) net.on(name, () => told.push(name))
  const statuses = new Set<number | string>()
  for (let i = 0; i < 400; i += 1) {
    try {
      const response = await clock.until(net.fetch('http://orders/'))
      await response.text()
      statuses.add(response.status)
    } catch (error) {
      statuses.add(String((error as { cause?: { code?: string } }).cause?.code))
    }
  }
  await clock.advance(30_000)
  const { extraAttempts } = net.snapshot().services.orders ?? {}
  await net.close()
  return { told: new Set(told), statuses: [...statuses], retries: extraAttempts?.retries ?? 0 }
}

for (const [status, on] of [
  [429, 'rate-limited'],
  [409, 'retriable-4xx'],
  [408, 408],
] as const) {
  test(`a ${status} that is to be repeated opens no circuit and ejects nobody`, async () => {
    const { told, statuses, retries } = await run({ status, headers: { 'retry-after': '0' } }, [on])
    assert.deepEqual([...told], [])
    assert.deepEqual(statuses, [status])
    assert.equal(retries, 800)
  })
}

test('neither does a 429 that asks for more time than there is', async () => {
  const { told, statuses, retries } = await run({ status: 429, headers: { 'retry-after': '3600' } }, ['rate-limited'])
  assert.deepEqual([[...told], statuses, retries], [[], [429], 0])
})

test('a reply that a predicate wants repeated is not held against the endpoint when it is no failure otherwise', async () => {
  const { told, retries } = await run({ status: 200 }, [(outcome) => outcome.ok && outcome.reply.status === 200])
  assert.deepEqual([[...told], retries], [[], 800])
})

test('what is a failure in any case opens circuits as before', async () => {
  const { told } = await run({ status: 503 }, ['gateway-error', 'rate-limited'])
  assert.ok(told.has('circuit-opened'))
})

test('a classifier that calls a 429 a failure is believed', async () => {
  const { told, statuses } = await run({ status: 429 }, ['rate-limited'], () => ({ kind: 'failure', retry: 'if-idempotent' }))
  assert.ok(told.has('circuit-opened'))
  assert.ok(statuses.includes('CIRCUIT_OPEN'))
})

test('a classifier may call a failure soft', async () => {
  const { told, retries } = await run({ status: 503 }, ['5xx'], () => ({ kind: 'failure', retry: 'if-idempotent', soft: true }))
  assert.deepEqual([[...told], retries], [[], 800])
})
