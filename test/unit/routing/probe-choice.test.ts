import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayProbe } from '../../../src/routing/probe-choice.ts'
import { testEndpoint } from '../../../src/testing/test-endpoint.ts'

const [near, ill, far, stranger] = ['near', 'ill', 'far', 'stranger'].map((name) => testEndpoint(`http://${name}:1`)) as [
  ReturnType<typeof testEndpoint>,
  ReturnType<typeof testEndpoint>,
  ReturnType<typeof testEndpoint>,
  ReturnType<typeof testEndpoint>,
]
const narrowed = {
  matching: 3,
  tiers: [
    { priority: 0, distance: 0, endpoints: [near, ill] },
    { priority: 0, distance: 1, endpoints: [far] },
  ],
}

test('a probe goes to the tier that the call was to go to, or to one before it', () => {
  assert.equal(mayProbe(ill, narrowed, near), true)
  assert.equal(mayProbe(ill, narrowed, far), true)
  assert.equal(mayProbe(far, narrowed, near), false)
})

test('a call that has nowhere to go may probe any endpoint that may serve it, and no other', () => {
  assert.equal(mayProbe(far, narrowed, undefined), true)
  assert.equal(mayProbe(stranger, narrowed, undefined), false)
})
