import assert from 'node:assert/strict'
import { test } from 'node:test'
import { balanceFunction } from '../../../src/balancing/balance-function.ts'
import type { BalanceFunction } from '../../../src/balancing/balancer.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { testEndpoint, testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

const endpoints = testEndpoints(4)
const [one, two, three] = endpoints

test('the function chooses, and is told of the call', () => {
  const byPath: BalanceFunction = (list, call) => list[call.path.length]
  const picker = balanceFunction(byPath, testHost()).picker(endpoints)
  assert.equal(picker.pick(testQuery([], { path: '/' })), two)
  assert.equal(picker.pick(testQuery([], { path: '/a' })), three)
})

test('it gets the very list while nothing was tried, and a list without the tried ones afterwards', () => {
  const given: (readonly Endpoint[])[] = []
  const picker = balanceFunction((list) => {
    given.push(list)
    return list[0]
  }, testHost()).picker(endpoints)
  assert.equal(picker.pick(testQuery()), one)
  assert.equal(picker.pick(testQuery([one!, three!])), two)
  assert.equal(picker.pick(testQuery(endpoints)), one)
  assert.equal(given[0], endpoints)
  assert.deepEqual(given[1], [endpoints[1], endpoints[3]])
  assert.equal(given[2], endpoints)
})

test('undefined means that none may be used', () => {
  const host = testHost()
  assert.equal(
    balanceFunction(() => undefined, host)
      .picker(endpoints)
      .pick(testQuery()),
    undefined,
  )
  assert.deepEqual(host.events, [])
})

test('a function that throws does not fail the call: an endpoint is taken that was not tried, and an event is told', () => {
  const host = testHost({ service: 'orders' })
  const error = new Error('clumsy')
  const picker = balanceFunction(function mine() {
    throw error
  }, host).picker(endpoints)
  for (let i = 0; i < 20; i += 1) assert.equal(picker.pick(testQuery(endpoints.slice(0, 3))), endpoints[3])
  assert.deepEqual(host.events[0], { name: 'part-threw', event: { service: 'orders', part: 'balance function mine', error } })
  assert.equal(host.events.length, 20)
})

test('an answer that is not one of the endpoints is treated as a mistake', () => {
  const answers: unknown[] = [testEndpoint('http://10.9.9.9:1'), null, 0, 'http://10.0.0.1:8080', {}, endpoints]
  for (const answer of answers) {
    const host = testHost()
    const picked = balanceFunction(() => answer as Endpoint, host)
      .picker(endpoints)
      .pick(testQuery())
    assert.ok(endpoints.includes(picked as (typeof endpoints)[number]))
    const [told] = host.events
    assert.ok(told?.name === 'part-threw' && told.event.error instanceof TypeError)
    assert.match(told.event.error.message, /^expected one of the 4 endpoints it was given, or undefined, got /)
  }
})

test('an answer that was tried already is treated as a mistake while there are others', () => {
  const host = testHost()
  const picker = balanceFunction(() => one, host).picker(endpoints)
  assert.notEqual(picker.pick(testQuery([one!])), one)
  assert.equal(host.events.length, 1)
  assert.equal(picker.pick(testQuery(endpoints)), one)
  assert.equal(host.events.length, 1)
})

test('a promise is no choice, and its rejection does not end the process', async () => {
  const host = testHost()
  const picker = balanceFunction((async () => Promise.reject(new Error('late'))) as unknown as BalanceFunction, host).picker(endpoints)
  assert.ok(picker.pick(testQuery()) !== undefined)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(host.events.length, 1)
})
