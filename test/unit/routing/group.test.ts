import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BalancerWatch } from '../../../src/routing/balancer-watch.ts'
import { Group } from '../../../src/routing/group.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

test('groups that share endpoints know their own, whoever asks last', () => {
  const balancer = { name: 'first', picker: (endpoints: readonly unknown[]) => ({ pick: () => endpoints[0] as never }) }
  const watch = new BalancerWatch(testHost(), balancer, { faults: 0, bypasses: 0 })
  const all = testEndpoints(4)
  const [a, b, c, d] = all as unknown as [object, object, object, object]
  const everybody = new Group(all, balancer, watch)
  const some = new Group(all.slice(1, 3), balancer, watch)
  for (let round = 0; round < 3; round += 1) {
    for (const member of [a, b, c, d]) assert.equal(everybody.has(member), true)
    assert.deepEqual(
      [a, b, c, d].map((member) => some.has(member)),
      [false, true, true, false],
    )
  }
  for (const stranger of [undefined, null, 'a', { ...a }]) assert.equal(everybody.has(stranger), false)
})

test('where endpoints change all the time, each has its turn in place of a picker that throws', () => {
  const broken = {
    name: 'broken',
    picker: () => ({
      pick: () => {
        throw new Error('always')
      },
    }),
  }
  const watch = new BalancerWatch(testHost(), broken, { faults: 0, bypasses: 0 })
  const all = testEndpoints(5)
  const counts = new Map<unknown, number>()
  for (let change = 0; change < 300; change += 1) {
    const group = new Group(all, broken, watch)
    for (let i = 0; i < 2; i += 1) {
      const endpoint = group.pick(testQuery())
      counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1)
    }
  }
  assert.deepEqual(
    all.map((endpoint) => counts.get(endpoint)),
    [120, 120, 120, 120, 120],
  )
})

test('what only looks like an endpoint is no member', () => {
  const all = testEndpoints(2)
  const balancer = { name: 'first', picker: (endpoints: readonly unknown[]) => ({ pick: () => endpoints[0] as never }) }
  const group = new Group(all, balancer, new BalancerWatch(testHost(), balancer, { faults: 0, bypasses: 0 }))
  for (let round = 0; round < 2; round += 1) {
    const [first] = all as unknown as [object]
    for (const impostor of [new Proxy(first, {}), Object.create(first)]) assert.equal(group.has(impostor), false)
    assert.equal(group.has(first), true)
  }
})
