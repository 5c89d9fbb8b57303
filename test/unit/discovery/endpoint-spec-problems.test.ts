import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpointSpecProblems } from '../../../src/discovery/endpoint-spec-problems.ts'
import { fixed } from '../../../src/discovery/fixed.ts'
import { OpenWatch } from './open-watch.ts'

test('a list that can be used has no problems', () => {
  const all = {
    url: 'http://10.0.0.1',
    weight: 0.5,
    region: 'r',
    zone: 'z',
    priority: 127,
    labels: { version: 'v2' },
    servername: 'x',
    health: 'degraded',
  }
  assert.deepEqual(endpointSpecProblems(['10.0.0.1:80', 'unix:/run/a.sock', { url: 'https://[::1]:8443' }, all]), [])
  assert.deepEqual(endpointSpecProblems([{ url: 'http://10.0.0.1', weight: undefined }]), [])
})

test('an empty list, and no list at all, is a problem', () => {
  assert.deepEqual(endpointSpecProblems([], 'services.orders.resolve.endpoints'), [
    { path: 'services.orders.resolve.endpoints', expected: 'a list of at least one endpoint', received: '[]' },
  ])
  assert.equal(endpointSpecProblems(undefined)[0]?.received, 'undefined')
  assert.equal(endpointSpecProblems('http://10.0.0.1').length, 1)
})

test('every problem is listed with its path, what was expected and what came', () => {
  const problems = endpointSpecProblems([
    'http://user@10.0.0.1',
    7,
    { url: 'http://10.0.0.1/path', weight: 0, priority: 1.5, zone: 3, labels: { version: 2 }, health: 'ill', wieght: 2 },
    {},
  ])
  assert.deepEqual(
    problems.map(({ path, received }) => `${path} ${received}`),
    [
      'endpoints[0] "http://user@10.0.0.1"',
      'endpoints[1] 7',
      'endpoints[2].url "http://10.0.0.1/path"',
      'endpoints[2].weight 0',
      'endpoints[2].priority 1.5',
      'endpoints[2].zone 3',
      'endpoints[2].labels { version: 2 }',
      'endpoints[2].health "ill"',
      'endpoints[2].wieght an unknown name',
      'endpoints[3].url undefined',
    ],
  )
  assert.equal(problems[3]?.expected, 'a number in (0, Infinity)')
  assert.equal(problems[4]?.expected, 'an integer in [0, 127]')
  assert.match(problems[8]?.expected ?? '', /one of url, weight/)
})

test('fixed() answers once with its list, holds it for the plan, and does not follow later changes of the array', async () => {
  const list = ['http://10.0.0.1']
  const resolver = fixed(list)
  list.push('http://10.0.0.2')
  assert.deepEqual(resolver.options, { endpoints: ['http://10.0.0.1'] })
  const watch = new OpenWatch(resolver)
  assert.deepEqual(await watch.nextUrls(), ['http://10.0.0.1'])
  assert.equal(await watch.next(), undefined)
  assert.deepEqual(fixed(undefined as never).options, { endpoints: undefined })
})
