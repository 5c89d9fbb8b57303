import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BalancerWatch } from '../../../src/routing/balancer-watch.ts'
import { Group } from '../../../src/routing/group.ts'
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
