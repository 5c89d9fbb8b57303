import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointSpec } from '../../../src/endpoint/endpoint.ts'
import { Roster } from '../../../src/endpoint/roster.ts'

const addresses = (endpoints: readonly { address: string }[]): string[] => endpoints.map((endpoint) => endpoint.address)
const urls = (...list: string[]): EndpointSpec[] => list.map((url) => ({ url }))

test('a new roster is empty', () => {
  assert.deepEqual(new Roster().endpoints, [])
})

test('an address that stays keeps its object, whatever else about it changes', () => {
  const roster = new Roster()
  const [before] = roster.update([{ url: 'http://a:1', weight: 1 }]).added
  const change = roster.update([{ url: 'a:1', weight: 5, zone: 'z', region: 'r', priority: 2, labels: { v: '2' }, servername: 's' }])
  assert.deepEqual(addresses(change.altered), ['http://a:1'])
  assert.equal(change.altered[0], before)
  assert.equal(roster.endpoints[0], before)
  assert.deepEqual(
    {
      weight: before?.weight,
      locality: before?.locality,
      priority: before?.priority,
      labels: before?.labels,
      servername: before?.servername,
    },
    { weight: 5, locality: { region: 'r', zone: 'z' }, priority: 2, labels: { v: '2' }, servername: 's' },
  )
})

test('an endpoint of which an answer says another health stays, altered; one of which none is said is healthy', () => {
  const roster = new Roster()
  const [endpoint] = roster.update([{ url: 'a', health: 'draining' }]).added
  assert.equal(endpoint?.health, 'draining')
  assert.deepEqual(roster.update([{ url: 'a', health: 'draining' }]).altered, [])
  assert.deepEqual(roster.update([{ url: 'a' }]).altered, [endpoint])
  assert.equal(endpoint?.health, 'healthy')
  assert.deepEqual(roster.update([{ url: 'a', health: 'healthy' }]).altered, [])
})

test('an update tells who came, who left and who stayed as they were', () => {
  const roster = new Roster()
  assert.deepEqual(addresses(roster.update(urls('a', 'b', 'c')).added), ['http://a:80', 'http://b:80', 'http://c:80'])
  const change = roster.update(urls('d', 'c', 'b'))
  assert.deepEqual(addresses(change.added), ['http://d:80'])
  assert.deepEqual(addresses(change.removed), ['http://a:80'])
  assert.deepEqual(change.altered, [])
  assert.deepEqual(addresses(roster.endpoints), ['http://d:80', 'http://c:80', 'http://b:80'])
})

test('an endpoint that left and comes back is a new one', () => {
  const roster = new Roster()
  const [first] = roster.update(urls('a')).added
  roster.update([])
  const [second] = roster.update(urls('a')).added
  assert.notEqual(first, second)
  assert.equal(roster.endpoints.length, 1)
})

test('an address with two spellings is one endpoint, described by the first', () => {
  const roster = new Roster()
  roster.update([
    { url: 'http://a:80', weight: 2 },
    { url: 'a', weight: 9 },
    { url: 'HTTP://A', weight: 7 },
  ])
  assert.equal(roster.endpoints.length, 1)
  assert.equal(roster.endpoints[0]?.weight, 2)
  const change = roster.update([{ url: 'a', weight: 2 }])
  assert.deepEqual([change.added, change.removed, change.altered], [[], [], []])
})

test('a spelling of an endpoint that left does not bring the old object back', () => {
  const roster = new Roster()
  const [first] = roster.update(urls('http://a:80', 'a')).added
  roster.update(urls('b'))
  const [second] = roster.update(urls('a')).added
  assert.notEqual(first, second)
  assert.equal(roster.update(urls('http://a:80')).added.length, 0)
  assert.equal(roster.endpoints[0], second)
})

test('an unusable spec is left out with the reason, and the others are used', () => {
  const roster = new Roster()
  const specs = [
    { url: 'http://a/path' },
    { url: 'b', weight: 0 },
    { url: 'c', weight: Number.NaN },
    { url: 'd', priority: 1.5 },
    { url: 'e', priority: 128 },
    { url: 'f', zone: 5 },
    { url: 'g', labels: { version: 2 } },
    { url: 'h', labels: ['v2'] },
    { url: 'i', health: 'ill' },
    { url: 5 },
    null,
    'http://plain',
    { url: 'good' },
  ]
  const { added, refused } = roster.update(specs as unknown as EndpointSpec[])
  assert.deepEqual(addresses(added), ['http://good:80'])
  assert.deepEqual(
    refused.map(({ url }) => url),
    ['http://a/path', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', '5', 'null', 'http://plain'],
  )
  assert.match(refused[0]?.problem ?? '', /^expected a URL such as .* without path, query or credentials$/)
  assert.equal(refused[1]?.problem, 'weight: expected a number in (0, Infinity), got 0')
  assert.equal(refused[3]?.problem, 'priority: expected an integer in [0, 127], got 1.5')
  assert.equal(refused[5]?.problem, 'zone: expected a text, got 5')
  assert.match(refused[6]?.problem ?? '', /^labels: expected texts by name/)
  assert.equal(refused[8]?.problem, `health: expected 'healthy' | 'degraded' | 'draining' | 'unhealthy', got "ill"`)
})

test('a password in a URL is refused and not repeated', () => {
  const { refused } = new Roster().update(urls('http://user:secret@a'))
  assert.equal(refused[0]?.url, 'http://***@a')
  assert.ok(!JSON.stringify(refused).includes('secret'))
})

test('an endpoint that becomes unusable leaves', () => {
  const roster = new Roster()
  roster.update(urls('a'))
  const change = roster.update([{ url: 'a', weight: -1 }])
  assert.deepEqual(addresses(change.removed), ['http://a:80'])
  assert.deepEqual(roster.endpoints, [])
})

test('when TLS comes or goes, addresses without a protocol are other endpoints', () => {
  let secure = false
  const roster = new Roster(() => secure)
  roster.update(urls('a:1', 'http://b:1'))
  secure = true
  const change = roster.update(urls('a:1', 'http://b:1'))
  assert.deepEqual(addresses(change.added), ['https://a:1'])
  assert.deepEqual(addresses(change.removed), ['http://a:1'])
  assert.deepEqual(addresses(roster.endpoints), ['https://a:1', 'http://b:1'])
})

test('the list is frozen, and another one only after something changed', () => {
  const roster = new Roster()
  roster.update(urls('a', 'b'))
  const list = roster.endpoints
  assert.ok(Object.isFrozen(list))
  roster.update(urls('a', 'b'))
  assert.equal(roster.endpoints, list)
  roster.update(urls('b', 'a'))
  assert.notEqual(roster.endpoints, list)
  assert.deepEqual(addresses(list), ['http://a:80', 'http://b:80'])
  const reordered = roster.endpoints
  roster.update([{ url: 'b', weight: 2 }, { url: 'a' }])
  assert.notEqual(roster.endpoints, reordered)
})

test('labels and place are copied and frozen', () => {
  const labels = { version: 'v1' }
  const roster = new Roster()
  roster.update([{ url: 'a', labels }])
  labels.version = 'v2'
  const [endpoint] = roster.endpoints
  assert.equal(endpoint?.labels.version, 'v1')
  assert.ok(Object.isFrozen(endpoint?.labels))
  assert.ok(Object.isFrozen(endpoint?.locality))
  assert.equal(roster.update([{ url: 'a', labels }]).altered.length, 1)
})

test('many spellings, one after the other, are not all remembered as different endpoints', () => {
  const roster = new Roster()
  const [first] = roster.update(urls('a')).added
  for (let i = 0; i < 500; i += 1) {
    // Upper and lower case in a different pattern each time: another spelling of the same address.
    const scheme = [...'http'].map((letter, bit) => ((i >> bit) & 1 ? letter.toUpperCase() : letter)).join('')
    const change = roster.update(urls(`${scheme}://a:${'0'.repeat(i % 3)}80`))
    assert.deepEqual([change.added, change.removed, change.altered], [[], [], []])
  }
  assert.equal(roster.endpoints[0], first)
})
