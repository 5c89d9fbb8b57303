import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { answered, doorTo, headerSent } from './door.ts'

/** What undici's `setGlobalOrigin` does. */
function livesAt(t: TestContext, url: string): void {
  const slot = Symbol.for('undici.globalOrigin.1')
  const before = (globalThis as Record<symbol, unknown>)[slot]
  Object.defineProperty(globalThis, slot, { value: new URL(url), configurable: true, writable: true })
  t.after(() => Object.defineProperty(globalThis, slot, { value: before, configurable: true, writable: true }))
}

test('relative URLs are relative to what the program says it is, and nothing is without that', async (t) => {
  const door = doorTo(() => answered())
  await assert.rejects(door.fetch('/v1/42'), { message: 'Failed to parse URL from /v1/42' })
  livesAt(t, 'http://shop/a/b')
  assert.equal((await door.fetch('../v1/42?x=1#part')).url, 'http://shop/v1/42?x=1')
  assert.deepEqual(door.asked, ['http://shop:'])
})

test('a program that says where it is tells so in referer, and in origin with methods that change something', async (t) => {
  const door = doorTo(() => answered())
  livesAt(t, 'https://shop/page?q#part')
  await door.fetch('https://shop/x')
  await door.fetch('https://orders/x', { method: 'POST' })
  await door.fetch('http://orders/x', { method: 'POST' })
  await door.fetch('https://orders/x', { method: 'PUT', referrerPolicy: 'no-referrer' })
  await door.fetch('https://orders/x', { method: 'PUT', referrerPolicy: 'same-origin', headers: { 'x-a': '1' } })
  await door.fetch('https://orders/x', { method: 'PUT', headers: { origin: 'https://mine' }, referrer: 'https://elsewhere/' })
  await door.fetch('https://orders/x', { headers: { Referer: 'https://mine/a' } })
  await door.fetch('https://orders/x', { referrer: '' })
  assert.deepEqual(
    door.calls.map((call) => [headerSent(call, 'referer'), headerSent(call, 'origin')]),
    [
      ['https://shop/page?q', undefined],
      ['https://shop/', 'https://shop'],
      [undefined, 'null'],
      [undefined, 'null'],
      [undefined, 'null'],
      ['https://shop/', 'https://mine'],
      ['https://mine/a', undefined],
      [undefined, undefined],
    ],
  )
})

test('a redirect to another origin tells it where the call came from, whatever the method', async (t) => {
  const door = doorTo((call) => answered(call.service === 'orders' ? { status: 302, headers: { location: 'http://users/' } } : {}))
  livesAt(t, 'http://shop/')
  await door.fetch('http://orders/')
  assert.deepEqual(
    door.calls.map((call) => headerSent(call, 'origin')),
    [undefined, 'http://shop'],
  )
})
