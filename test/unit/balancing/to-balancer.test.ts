import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BalanceFunction, Balancer, BalancerPart } from '../../../src/balancing/balancer.ts'
import { inFlight } from '../../../src/balancing/in-flight.ts'
import { powerOfTwo } from '../../../src/balancing/power-of-two.ts'
import { toBalancer } from '../../../src/balancing/to-balancer.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import type { Host } from '../../../src/runtime/host.ts'
import { part } from '../../../src/runtime/part.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

const endpoints = testEndpoints(3)
const last: Balancer = { name: 'last', picker: (list) => ({ pick: () => list.at(-1) }) }

/** What a value for `.balance(...)` picks, with nothing gone wrong on the way. */
function pickedBy(value: BalancerPart | BalanceFunction): Endpoint | undefined {
  const host = testHost({ service: 'orders' })
  const picked = toBalancer(value, host)
    .picker(endpoints)
    .pick(testQuery([], { path: '/2' }))
  assert.deepEqual(host.events, [])
  return picked
}

test('a described part is a part', () => {
  assert.equal(toBalancer(powerOfTwo(inFlight()), testHost()).name, 'power-of-two')
  assert.equal(pickedBy(part('last', {}, () => last)), endpoints[2])
})

test('a function of the host that makes a balancer is a part', () => {
  assert.equal(
    pickedBy(() => last),
    endpoints[2],
  )
  assert.equal(
    pickedBy(({ service }: Host) => ({ name: service, picker: last.picker })),
    endpoints[2],
  )
})

test('a part is called once, with the host', () => {
  const hosts: unknown[] = []
  const host = testHost()
  toBalancer((given: unknown) => {
    hosts.push(given)
    return last
  }, host)
  assert.deepEqual(hosts, [host])
})

test('a bare function that finds nothing on a host is a bare function', () => {
  assert.equal(
    pickedBy((list: readonly Endpoint[]) => list[0]),
    endpoints[0],
  )
})

test('a bare function that throws on a host is a bare function', () => {
  assert.equal(
    pickedBy((list: readonly Endpoint[]) => list.find((endpoint) => endpoint.address.includes('.2:'))),
    endpoints[1],
  )
  assert.equal(
    pickedBy((list: readonly Endpoint[]) => list.toSorted((a, b) => a.inFlight - b.inFlight)[0]),
    endpoints[0],
  )
})

test('a function of two parameters is a bare function, and is not called with a host', () => {
  const given: unknown[] = []
  const byCall: BalanceFunction = (list, call) => {
    given.push(list)
    return list[Number(call.path.slice(1))]
  }
  assert.equal(pickedBy(byCall), endpoints[2])
  assert.deepEqual(given, [endpoints])
})

test('a bare function without parameters is a bare function', () => {
  assert.equal(
    pickedBy(() => endpoints[1]),
    endpoints[1],
  )
  assert.equal(
    pickedBy((...list: unknown[]) => (list[0] as Endpoint[])[1]),
    endpoints[1],
  )
})

test('what a described part throws is thrown on', () => {
  const error = new Error('no such meter')
  const broken = part<Balancer>('broken', {}, () => {
    throw error
  })
  assert.throws(() => toBalancer(broken, testHost()), error)
})

test('a described part that makes no balancer is refused', () => {
  const wrong = part('wrong', {}, () => ({ pick: () => undefined }))
  assert.throws(() => toBalancer(wrong as never, testHost({ service: 'orders' })), {
    name: 'TypeError',
    message: /^orders: balance: expected the part to make an object with a picker, got \{ pick: /,
  })
})

test('meters that are none are refused', () => {
  for (const meters of [5, [undefined], [{ name: 'm', load: () => 0 }]]) {
    const mine = part('mine', {}, () => ({ ...last, meters }) as never)
    assert.throws(
      () => toBalancer(mine, testHost({ service: 'orders' })),
      /^TypeError: orders: balance: meters: expected a list of load meters, got /,
    )
  }
})

test('a name that is no text is refused', () => {
  const meter = { name: 'm', load: () => 0, began: () => () => {} }
  for (const [made, what] of [
    [{ ...last, name: Symbol('mine') }, 'name: expected a text, got Symbol(mine)'],
    [{ ...last, meters: [meter, { ...meter, name: Symbol('m') }] }, 'meters: name: expected a text, got Symbol(m)'],
  ] as const) {
    const refused = { name: 'TypeError', message: `orders: balance: ${what}` }
    assert.throws(
      () =>
        toBalancer(
          part('mine', {}, () => made as never),
          testHost({ service: 'orders' }),
        ),
      refused,
    )
  }
})

test('what is no function is refused, with a hint for a balancer that was not put into one', () => {
  for (const value of [undefined, null, 'round-robin', 5, {}]) {
    assert.throws(() => toBalancer(value as never, testHost({ service: 'orders' })), {
      name: 'TypeError',
      message:
        /^orders: balance: expected a balancer such as powerOfTwo\(inFlight\(\)\), or a function \(endpoints, call\) => endpoint, got /,
    })
  }
  assert.throws(() => toBalancer(last as never, testHost()), /put the balancer into a function: \(\) => balancer$/)
})

test('an asynchronous function is refused, and its rejection does not end the process', async () => {
  const choosing = async (list: readonly Endpoint[]) => list.find(() => true)
  assert.throws(() => toBalancer(choosing as never, testHost()), /got an asynchronous function: choosing cannot wait$/)
  await new Promise((resolve) => setImmediate(resolve))
})
