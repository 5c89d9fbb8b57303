import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeUnmatchedSubset, endpointsOfSubset, subsetKey } from '../../../src/routing/subset.ts'
import { testEndpoint } from '../../../src/testing/test-endpoint.ts'

const v1a = testEndpoint({ url: 'http://10.0.0.1:80', labels: { version: 'v1', zone: 'a' } })
const v2a = testEndpoint({ url: 'http://10.0.0.2:80', labels: { version: 'v2', zone: 'a' } })
const v2b = testEndpoint({ url: 'http://10.0.0.3:80', labels: { version: 'v2', zone: 'b' } })
const bare = testEndpoint('http://10.0.0.4:80')
const all = [v1a, v2a, v2b, bare]

test('a subset keeps the endpoints that carry every label, in their order', () => {
  assert.deepEqual(endpointsOfSubset(all, { version: 'v2' }), [v2a, v2b])
  assert.deepEqual(endpointsOfSubset(all, { version: 'v2', zone: 'b' }), [v2b])
  assert.deepEqual(endpointsOfSubset(all, { version: 'v1', zone: 'b' }), [])
})

test('a subset is frozen, because pickers are given it', () => {
  assert.ok(Object.isFrozen(endpointsOfSubset(all, { zone: 'a' })))
})

test('a label that is undefined is not asked for', () => {
  assert.deepEqual(endpointsOfSubset(all, { version: 'v2', zone: undefined }), [v2a, v2b])
  assert.equal(subsetKey({ version: 'v2', zone: undefined }), subsetKey({ version: 'v2' }))
})

test('the key of a subset does not depend on the order of its labels', () => {
  assert.equal(subsetKey({ zone: 'a', version: 'v2' }), subsetKey({ version: 'v2', zone: 'a' }))
})

test('no labels have the empty key', () => {
  assert.equal(subsetKey({}), '')
})

test('two subsets never share a key, whatever characters they hold', () => {
  assert.notEqual(subsetKey({ a: '1:b1:2' }), subsetKey({ a: '1', b: '2' }))
  assert.notEqual(subsetKey({ ab: 'c' }), subsetKey({ a: 'bc' }))
  assert.notEqual(subsetKey({ a: '' }), subsetKey({}))
})

test('a value that no endpoint has is answered with the values that exist', () => {
  assert.equal(describeUnmatchedSubset(all, { version: 'v9' }), 'none of 4 endpoints carries version=v9: version has the values v1, v2')
})

test('a label that no endpoint has is answered with the labels that exist', () => {
  assert.equal(
    describeUnmatchedSubset(all, { colour: 'blue' }),
    'none of 4 endpoints carries colour=blue: no endpoint has a label colour; there are version, zone',
  )
})

test('values that do not occur together are answered with just that', () => {
  assert.equal(
    describeUnmatchedSubset(all, { version: 'v1', zone: 'b' }),
    'none of 4 endpoints carries version=v1, zone=b: each value occurs, but not together',
  )
})

test('endpoints without labels are called that', () => {
  assert.equal(
    describeUnmatchedSubset([bare], { version: 'v1' }),
    'the only endpoint does not carry version=v1: no endpoint has a label version; there are no labels at all',
  )
})

test('a long list of values is cut short', () => {
  const many = Array.from({ length: 8 }, (_, i) => testEndpoint({ url: `http://10.0.0.${i + 1}:80`, labels: { shard: `s${i}` } }))
  assert.match(describeUnmatchedSubset(many, { shard: 'x' }), /shard has the values s0, s1, s2, s3, s4 and 3 more$/)
})

test('what every object has is no label', () => {
  for (const name of ['constructor', 'toString', '__proto__']) {
    const labels = Object.fromEntries([[name, 'x']])
    assert.equal(
      describeUnmatchedSubset([bare, v1a], labels),
      `none of 2 endpoints carries ${name}=x: no endpoint has a label ${name}; there are version, zone`,
    )
  }
})
