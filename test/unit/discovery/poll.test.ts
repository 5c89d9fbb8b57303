import assert from 'node:assert/strict'
import { test } from 'node:test'
import { poll, pollDefaults } from '../../../src/discovery/poll.ts'
import type { ResolverYield } from '../../../src/discovery/resolver.ts'
import { ConfigError } from '../../../src/errors/config-error.ts'
import { openDirectory } from './open-directory.ts'
import { nextTurn, OpenWatch } from './open-watch.ts'

test('it asks again after the interval, give or take the jitter, and sooner when it is woken', async () => {
  let asked = 0
  const watch = new OpenWatch(poll(() => [`http://10.0.0.${(asked += 1)}`], { every: '10s', jitter: 0.2 }))
  assert.deepEqual(await watch.nextUrls(), ['http://10.0.0.1'])
  for (let i = 2; i <= 30; i += 1) assert.deepEqual(await watch.again(), { kind: 'endpoints', endpoints: [{ url: `http://10.0.0.${i}` }] })
  watch.end()
  assert.ok(watch.pauses.every((ms) => ms >= 8_000 && ms <= 12_000))
  assert.ok(watch.pauses.some((ms) => ms < 9_500) && watch.pauses.some((ms) => ms > 10_500))
})

test('it hands on the service and a signal, and whatever kind of answer comes', async () => {
  const asked: unknown[] = []
  const answers: ResolverYield[] = [{ kind: 'absent' }, [], { kind: 'endpoints', endpoints: [{ url: 'http://10.0.0.1', weight: 2 }] }]
  const watch = new OpenWatch(
    poll(async (service, { signal }) => {
      asked.push(service, signal.aborted)
      return answers.shift() as ResolverYield
    }),
    'stock',
  )
  assert.deepEqual(await watch.next(), { kind: 'absent' })
  assert.deepEqual(await watch.again(), { kind: 'endpoints', endpoints: [] })
  assert.deepEqual(await watch.again(), { kind: 'endpoints', endpoints: [{ url: 'http://10.0.0.1', weight: 2 }] })
  assert.deepEqual(asked, ['stock', false, 'stock', false, 'stock', false])
  watch.end()
})

test('a function that throws, now or later, is a fault', async () => {
  const thrown = new Error('registry down')
  await assert.rejects(
    new OpenWatch(
      poll(() => {
        throw thrown
      }),
    ).next(),
    thrown,
  )
  await assert.rejects(new OpenWatch(poll(() => Promise.reject(thrown))).next(), thrown)
})

test('a function that never answers is a fault after the timeout, and its signal is aborted', async () => {
  let signal: AbortSignal | undefined
  const watch = new OpenWatch(
    poll(
      (_service, context) => {
        signal = context.signal
        return new Promise<ResolverYield>(() => {})
      },
      { timeout: '3s' },
    ),
  )
  const next = assert.rejects(watch.next(), /no answer within 3000 ms/)
  await nextTurn()
  await watch.host.clock.advance(2_999)
  assert.equal(signal?.aborted, false)
  await watch.host.clock.advance(1)
  await next
  assert.equal(signal?.aborted, true)
  watch.host.clock.assertIdle()
})

test('a function that does not answer does not hold up the end of the watch', async () => {
  let signal: AbortSignal | undefined
  const watch = new OpenWatch(
    poll((_service, context) => {
      signal = context.signal
      return new Promise<ResolverYield>(() => {})
    }),
  )
  const next = watch.next().catch((error: Error) => error.name)
  await nextTurn()
  watch.end()
  assert.equal(await next, 'AbortError')
  assert.equal(signal?.aborted, true)
  watch.host.clock.assertIdle()
})

test('a directory polls on its clock', async () => {
  let urls = ['http://10.0.0.1:80']
  const { addresses, host, directory } = openDirectory(
    undefined,
    poll(async () => urls, { every: '5s', jitter: 0 }),
  )
  await host.clock.settle()
  urls = ['http://10.0.0.2:80']
  await host.clock.advance(4_999)
  assert.deepEqual(addresses(), ['http://10.0.0.1:80'])
  await host.clock.advance(1)
  assert.deepEqual(addresses(), ['http://10.0.0.2:80'])
  urls = ['http://10.0.0.3:80']
  directory.refresh()
  await host.clock.settle()
  assert.deepEqual(addresses(), ['http://10.0.0.3:80'])
  await directory.close()
  await host.clock.settle()
  assert.equal(host.clock.pending, 0)
})

test('wrong arguments are refused at once, and the defaults are as documented', () => {
  assert.throws(() => poll(undefined as never), ConfigError)
  assert.throws(() => poll(() => [], { every: 0 }), /poll\.every: expected a duration.*in \(0, Infinity\), got 0/)
  assert.throws(() => poll(() => [], { jitter: 2 }), /poll\.jitter: expected a number in \[0, 1\], got 2/)
  assert.deepEqual({ ...pollDefaults }, { every: '10s', jitter: 0.1, timeout: '10s' })
  assert.ok(Object.isFrozen(pollDefaults))
})
