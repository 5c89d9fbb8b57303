import assert from 'node:assert/strict'
import { test } from 'node:test'
import { balanceFunction } from '../../../src/balancing/balance-function.ts'
import type { BalanceFunction } from '../../../src/balancing/balancer.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { testEndpoint, testEndpoints } from '../../../src/testing/test-endpoint.ts'

const endpoints = testEndpoints(4)
const [one, two, three] = endpoints

test('the function chooses, and is told of the call', () => {
  const byPath: BalanceFunction = (list, call) => list[call.path.length]
  const picker = balanceFunction(byPath).picker(endpoints)
  assert.equal(picker.pick(testQuery([], { path: '/' })), two)
  assert.equal(picker.pick(testQuery([], { path: '/a' })), three)
})

test('it gets the very list while nothing was tried, and a list without the tried ones afterwards', () => {
  const given: (readonly Endpoint[])[] = []
  const picker = balanceFunction((list) => {
    given.push(list)
    return list[0]
  }).picker(endpoints)
  assert.equal(picker.pick(testQuery()), one)
  assert.equal(picker.pick(testQuery([one!, three!])), two)
  assert.equal(picker.pick(testQuery(endpoints)), one)
  assert.equal(given[0], endpoints)
  assert.deepEqual(given[1], [endpoints[1], endpoints[3]])
  assert.equal(given[2], endpoints)
})

test('undefined means that none may be used', () => {
  assert.equal(
    balanceFunction(() => undefined)
      .picker(endpoints)
      .pick(testQuery()),
    undefined,
  )
})

test('what the function throws goes to routing, which stands in for it', () => {
  const error = new Error('clumsy')
  const balancer = balanceFunction(function mine() {
    throw error
  })
  assert.equal(balancer.name, 'function mine')
  assert.throws(() => balancer.picker(endpoints).pick(testQuery()), error)
})

test('an answer that is not one of the endpoints is a mistake', () => {
  const answers: unknown[] = [testEndpoint('http://10.9.9.9:1'), null, 0, 'http://10.0.0.1:8080', {}, endpoints]
  for (const answer of answers) {
    const picker = balanceFunction(() => answer as Endpoint).picker(endpoints)
    assert.throws(() => picker.pick(testQuery()), /^TypeError: expected one of the 4 endpoints it was given, or undefined, got /)
  }
})

test('an answer that was tried already is a mistake while there are others', () => {
  const picker = balanceFunction(() => one).picker(endpoints)
  assert.throws(() => picker.pick(testQuery([one!])), TypeError)
  assert.equal(picker.pick(testQuery(endpoints)), one)
})

test('a promise is no choice, and its rejection does not end the process', async () => {
  const picker = balanceFunction((async () => Promise.reject(new Error('late'))) as unknown as BalanceFunction).picker(endpoints)
  assert.throws(() => picker.pick(testQuery()), TypeError)
  await new Promise((resolve) => setImmediate(resolve))
})
