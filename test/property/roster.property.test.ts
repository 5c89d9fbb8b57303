import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Endpoint, EndpointSpec } from '../../src/endpoint/endpoint.ts'
import { readEndpointAddress } from '../../src/endpoint/endpoint-address.ts'
import { Roster } from '../../src/endpoint/roster.ts'

/** Few addresses in many spellings, so that updates overlap; a few that cannot be used. */
const url = fc.constantFrom(
  'a',
  'http://a',
  'HTTP://A:80/',
  'http://b:1',
  'b:1',
  'https://a',
  'unix:/s',
  'unix:///s',
  '[::1]:5',
  'http://c/x',
  '',
  'u:p@d',
)
const text = fc.option(fc.constantFrom('', 'x', 'y'), { nil: undefined })
const spec: fc.Arbitrary<EndpointSpec> = fc.record({
  url,
  weight: fc.option(fc.constantFrom(1, 2, 0.5, 0, -1, Number.NaN, Number.POSITIVE_INFINITY), { nil: undefined }),
  priority: fc.option(fc.constantFrom(0, 1, 127, 128, 0.5), { nil: undefined }),
  region: text,
  zone: text,
  servername: text,
  labels: fc.option(fc.dictionary(fc.constantFrom('v', 'w'), fc.constantFrom('1', '2')), { nil: undefined }),
  health: fc.option(fc.constantFrom('healthy', 'degraded', 'draining', 'unhealthy'), { nil: undefined }),
})
const update = fc.record({ specs: fc.array(spec, { maxLength: 8 }), secure: fc.boolean() })

/** What is known about an endpoint, as plain data. */
function description({ weight, priority, locality, servername, labels, health }: Endpoint): unknown {
  return { weight, priority, region: locality.region, zone: locality.zone, servername, labels: { ...labels }, health }
}

/** The endpoints that a list names, by address: the plain way. */
function modelOf(specs: readonly EndpointSpec[], secure: boolean): Map<string, unknown> {
  const model = new Map<string, unknown>()
  for (const { url, weight = 1, priority = 0, region = '', zone = '', servername, labels = {}, health = 'healthy' } of specs) {
    const address = readEndpointAddress(url, secure)?.address
    const usable = Number.isFinite(weight) && weight > 0 && Number.isInteger(priority) && priority <= 127
    if (address === undefined || !usable || model.has(address)) continue
    model.set(address, { weight, priority, region, zone, servername, labels: { ...labels }, health })
  }
  return model
}

const sorted = (endpoints: readonly Endpoint[]): string[] => endpoints.map(({ address }) => address).sort()

test('after any sequence of answers, the roster is what the last answer says, and its changes are the differences', () => {
  fc.assert(
    fc.property(fc.array(update, { minLength: 1, maxLength: 12 }), (updates) => {
      let secure = false
      const roster = new Roster(() => secure)
      let before = new Map<string, { endpoint: Endpoint; was: unknown }>()
      for (const step of updates) {
        secure = step.secure
        const model = modelOf(step.specs, secure)
        const change = roster.update(step.specs)

        assert.deepEqual(
          roster.endpoints.map(({ address }) => address),
          [...model.keys()],
          'the order of the answer',
        )
        for (const endpoint of roster.endpoints) {
          assert.deepEqual(description(endpoint), model.get(endpoint.address))
          const known = before.get(endpoint.address)
          if (known !== undefined) assert.equal(endpoint, known.endpoint, 'an address that stayed keeps its object')
        }
        assert.deepEqual(sorted(change.added), [...model.keys()].filter((address) => !before.has(address)).sort())
        assert.deepEqual(sorted(change.removed), [...before.keys()].filter((address) => !model.has(address)).sort())
        const altered = [...model].filter(([address, now]) => before.has(address) && !isEqual(before.get(address)?.was, now))
        assert.deepEqual(sorted(change.altered), altered.map(([address]) => address).sort())
        for (const { endpoint } of before.values()) {
          if (!model.has(endpoint.address)) assert.ok(!roster.endpoints.includes(endpoint))
        }
        before = new Map(roster.endpoints.map((endpoint) => [endpoint.address, { endpoint, was: description(endpoint) }]))
      }
    }),
    { numRuns: 500 },
  )
})

function isEqual(left: unknown, right: unknown): boolean {
  try {
    assert.deepEqual(left, right)
    return true
  } catch {
    return false
  }
}

test('the order of an answer makes no difference to who is who', () => {
  const usable = fc
    .uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 12 })
    .map((ids) => ids.map((id) => ({ url: `http://10.0.0.${id}:80` })))
  fc.assert(
    fc.property(usable, fc.infiniteStream(fc.nat()), (specs, order) => {
      const roster = new Roster()
      roster.update(specs)
      const before = new Set(roster.endpoints)
      const keys = new Map(specs.map((one) => [one, order.next().value]))
      const { added, removed, altered } = roster.update(specs.toSorted((a, b) => keys.get(a)! - keys.get(b)!))
      assert.deepEqual([added, removed, altered], [[], [], []])
      assert.deepEqual(new Set(roster.endpoints), before)
    }),
  )
})

test('no answer throws, whatever is in it, and what can be used of it is used', () => {
  const junk = fc.oneof(
    fc.anything(),
    fc.record({ url: fc.anything() }),
    fc.record({
      url: fc.constant('http://x'),
      labels: fc.anything(),
      zone: fc.anything(),
      weight: fc.anything(),
      priority: fc.anything(),
      health: fc.anything(),
    }),
  )
  fc.assert(
    fc.property(fc.array(junk, { maxLength: 5 }), (specs) => {
      const roster = new Roster()
      const { refused } = roster.update([...specs, { url: 'http://good' }] as EndpointSpec[])
      assert.ok(roster.endpoints.some(({ address }) => address === 'http://good:80'))
      for (const { problem } of refused) assert.ok(problem.length > 0)
    }),
  )
})
