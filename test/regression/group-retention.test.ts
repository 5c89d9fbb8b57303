// An endpoint that had left, and was still in use, held the group that it had been in; that held all its endpoints, and these the groups after it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { roundRobin } from '../../src/index.ts'
import { BalancerWatch } from '../../src/routing/balancer-watch.ts'
import { Group } from '../../src/routing/group.ts'
import { testEndpoints, testHost, testQuery } from '../../src/testing/index.ts'

test('an endpoint that is held does not hold the groups that it was in, nor those after them', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const endpoints = testEndpoints(12)
  const host = testHost()
  const balancer = roundRobin()(host)
  const watch = new BalancerWatch(host, balancer, { faults: 0, bypasses: 0 })
  const groups: WeakRef<Group>[] = []
  ;(() => {
    for (let first = 0; first < 10; first += 1) {
      const group = new Group(Object.freeze(endpoints.slice(first, first + 3)), balancer, watch)
      assert.ok(group.pick(testQuery()) !== undefined)
      groups.push(new WeakRef(group))
    }
  })()
  for (let round = 0; round < 10 && groups.some((group) => group.deref() !== undefined); round += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  assert.equal(groups.filter((group) => group.deref() !== undefined).length, 0)
  assert.equal(endpoints.length, 12)
})
