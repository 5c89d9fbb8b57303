import assert from 'node:assert/strict'
import { test } from 'node:test'
import { primaryBackup } from '../../../src/balancing/primary-backup.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

test('the first that is listed gets every call, the next one those that have tried it', () => {
  const endpoints = testEndpoints(3)
  const picker = primaryBackup()(testHost()).picker(endpoints)
  endpoints[0]!.inFlight = 100
  for (let i = 0; i < 10; i += 1) assert.equal(picker.pick(testQuery()), endpoints[0])
  assert.equal(picker.pick(testQuery(endpoints.slice(0, 1))), endpoints[1])
  assert.equal(picker.pick(testQuery(endpoints.slice(0, 2))), endpoints[2])
  assert.equal(picker.pick(testQuery(endpoints)), endpoints[0])
})

test('the heaviest is the primary wherever it is listed, and equals keep their order', () => {
  const endpoints = testEndpoints(4, (index) => ({ weight: [1, 5, 9, 5][index] }))
  const picker = primaryBackup()(testHost()).picker(endpoints)
  assert.equal(picker.pick(testQuery()), endpoints[2])
  assert.equal(picker.pick(testQuery([endpoints[2]!])), endpoints[1])
  assert.equal(picker.pick(testQuery([endpoints[2]!, endpoints[1]!])), endpoints[3])
})
