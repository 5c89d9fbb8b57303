import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  type Clock,
  type DecisionRecord,
  fixed,
  type Mesh,
  mesh,
  meshInfo,
  poll,
  primaryBackup,
  printRecord,
  type ServiceDraft,
} from '../../src/index.ts'
import { MovableClock } from '../servers/movable-clock.ts'
import { until } from '../servers/server-kit.ts'
import { httpServer } from './transport/wire.ts'

type Answer = (response: ServerResponse) => void

async function serverThat(t: TestContext, answer: Answer): Promise<string> {
  const { url } = await httpServer(t, (request, response) => {
    request.resume()
    answer(response)
  })
  return url
}

function meshOf(t: TestContext, urls: readonly string[], slots: (s: ServiceDraft) => unknown = (s) => s, clock?: Clock): Mesh {
  const net = mesh({ name: 'records', clock })
    .service('orders', (s) =>
      s
        .apply(slots as (s: ServiceDraft) => ServiceDraft)
        .resolve(fixed(urls))
        .balance(primaryBackup()),
    )
    .build()
  t.after(() => net.close({ grace: 0 }))
  return net as unknown as Mesh
}

async function infoOf(call: Promise<Response>): Promise<DecisionRecord> {
  const ended = await call.then(
    async (response) => {
      await response.text()
      return response
    },
    (error: unknown) => error,
  )
  const info = meshInfo(ended)
  assert.ok(info !== undefined)
  return info
}

/** The parts of the time add up to the total, and that is no longer than it was. */
function addsUp({ time: { totalMs, ...parts } }: DecisionRecord, atMostMs: number): void {
  const sum = Object.values(parts).reduce((total, part) => total + part)
  assert.ok(Math.abs(sum - totalMs) < 0.01, `${sum} of ${totalMs}`)
  assert.ok(totalMs <= atMostMs, `${totalMs} ms of ${atMostMs}`)
}

test('the story of a repeated call: a refused connection, a 503, a back-off, and an answer in two pieces', async (t) => {
  let busy = true
  let complete = () => {}
  const one = await serverThat(t, (response) => {
    response.statusCode = busy ? 503 : 200
    busy = false
    response.end('x')
  })
  const two = await serverThat(t, (response) => {
    response.write('first')
    complete = () => void setTimeout(() => response.end('second'), 30)
  })
  const net = meshOf(t, ['http://127.0.0.1:1', one, two])
  const began = performance.now()
  const info = await infoOf(
    net.fetch('http://orders/v1/42').then((response) => {
      complete()
      return response
    }),
  )
  addsUp(info, performance.now() - began + 1)
  assert.deepEqual(
    info.attempts.map(({ endpoint, result, repeated }) => [endpoint, result, repeated?.how]),
    [
      ['http://127.0.0.1:1', 'CONNECT_FAILED', 'requeue'],
      [one, 503, 'retry'],
      [two, 200, undefined],
    ],
  )
  assert.equal(info.attempts[0]?.sent, false)
  assert.match(info.attempts[0]?.message ?? '', /ECONNREFUSED/)
  assert.ok((info.attempts[2]?.bodyMs ?? 0) >= 20, `${info.attempts[2]?.bodyMs}`)
  assert.ok(info.time.bodyMs >= 20 && info.time.backoffMs > 0 && info.time.connectMs > 0)
  assert.equal(info.protocol, 'http/1.1')
  assert.equal(info.endpoint, two)
  const text = printRecord(info)
  assert.match(text, /nobody got it: at once elsewhere/)
  assert.match(text, /again after a back-off of/)
})

test('the story of a hedged call: the slower one lost, and its time counts once', async (t) => {
  const slow = await serverThat(t, () => {})
  const fast = await serverThat(t, (response) => void response.end('fast'))
  const net = meshOf(t, [slow, fast], (s) => s.hedge({ after: '40ms' }))
  const began = performance.now()
  const info = await infoOf(net.fetch('http://orders/'))
  addsUp(info, performance.now() - began + 1)
  assert.deepEqual(
    info.attempts.map(({ endpoint, hedge, decided, verdict }) => [endpoint, hedge, decided, verdict]),
    [
      [slow, false, false, 'lost'],
      [fast, true, true, 'success'],
    ],
  )
  assert.ok((info.attempts[1]?.startMs ?? 0) >= 39)
})

test('an endpoint that fails again and again is ejected, and later calls say by which rule it was passed over', async (t) => {
  const bad = await serverThat(t, (response) => {
    response.statusCode = 500
    response.end()
  })
  const good = await serverThat(t, (response) => void response.end('x'))
  const net = meshOf(t, [bad, good], (s) => s.circuitBreaker(false).retry(false).ejection({ consecutive5xx: 3 }))
  for (let i = 0; i < 3; i += 1) assert.equal((await infoOf(net.fetch('http://orders/'))).status, 500)
  const info = await infoOf(net.fetch('http://orders/'))
  assert.equal(info.endpoint, good)
  const [passed] = info.passedOver
  assert.equal(passed?.endpoint, bad)
  assert.equal(passed?.reason, 'ejected')
  assert.match(passed?.detail ?? '', /^by consecutive-5xx, for \d+ ms more$/)
  assert.equal(net.recent().filter(({ kept }) => kept === 'failed').length, 3)
})

test('a call that an open circuit refused says so, and what led there is in recent', async (t) => {
  const bad = await serverThat(t, (response) => {
    response.statusCode = 500
    response.end()
  })
  const net = meshOf(t, [bad], (s) => s.retry(false).circuitBreaker({ service: { consecutiveFailures: 2, openFor: '10s' } }))
  for (let i = 0; i < 2; i += 1) await infoOf(net.fetch(`http://orders/${i}`))
  const info = await infoOf(net.fetch('http://orders/2'))
  assert.equal(info.error?.code, 'CIRCUIT_OPEN')
  assert.equal(info.state?.circuit, 'open')
  assert.deepEqual(info.attempts, [])
  assert.deepEqual(
    net
      .recent()
      .map(({ path }) => path)
      .sort(),
    ['/0', '/1', '/2'],
  )
})

test('a call that waited for a permit says for how long', async (t) => {
  const url = await serverThat(t, (response) => void response.end('x'))
  const clock = new MovableClock()
  const net = meshOf(t, [url], (s) => s.deadline('24h').rateLimit({ permits: 1, per: '1h', burst: 1, overflow: 'queue' }), clock)
  await infoOf(net.fetch('http://orders/'))
  const waiting = infoOf(net.fetch('http://orders/'))
  await until('a call waits', () => net.snapshot().services.orders?.rateLimit?.waiting === 1)
  clock.move(3_600_000)
  const info = await waiting
  assert.ok(info.time.limitMs > 3_000_000, `${info.time.limitMs}`)
  assert.equal(info.waits[0]?.for, 'a permit of the rate limit')
})

test('a service that has no endpoints says what discovery knows', async () => {
  await using net = mesh({ name: 'records' })
    .service('orders', (s) => s.resolve(poll(async () => [], { every: '1h' })))
    .build()
  const info = await infoOf(net.fetch('http://orders/'))
  assert.equal(info.error?.code, 'NO_ENDPOINT')
  assert.equal(info.state?.discovery, 'empty')
  assert.equal(info.notRepeated, undefined)
  const explained = net.explain('http://orders/')
  assert.deepEqual([explained.outcome, explained.code], ['refused', 'NO_ENDPOINT'])
})

test('records hold no reply, so that dropped bodies are still collected and connections freed', async (t) => {
  const url = await serverThat(t, (response) => {
    response.write('x'.repeat(100_000))
    // The rest never comes: only the collection of the dropped body ends it.
  })
  const net = meshOf(t, [url])
  for (let i = 0; i < 3; i += 1) await net.fetch('http://orders/')
  assert.ok(net.recent().length > 0)
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let i = 0; i < 500 && net.snapshot().services.orders?.calls.inFlight !== 0; i += 1) {
    collect()
    await sleep(20)
  }
  assert.equal(net.snapshot().services.orders?.calls.inFlight, 0)
})
