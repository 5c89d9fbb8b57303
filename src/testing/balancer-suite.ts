/**
 * The laws that every balancer keeps, as tests for `node:test`. Ours are held to them, and so can yours be.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BalanceFunction, Balancer, BalancerPart, PickQuery } from '../balancing/balancer.ts'
import { toBalancer } from '../balancing/to-balancer.ts'
import type { CallParts, UnderwayAttempt } from '../call/call.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { forCases, type SuiteCase } from './suite-chance.ts'
import { beginAttempt, metersOf } from './suite-routing.ts'
import { testQuery } from './test-call.ts'
import { type TestEndpoint, testEndpoints } from './test-endpoint.ts'
import { testHost } from './test-host.ts'

/** What {@link balancerSuite} tests, and what that promises beyond what every balancer must. */
export interface BalancerSuiteOptions {
  /** Begins the name of each test. */
  readonly name: string
  /** Makes the balancer; called for each case. */
  readonly balancer: () => BalancerPart | BalanceFunction
  /**
   * Whether every endpoint gets calls, if there are enough of them at once. Not so for one that keeps to a subset or to a primary.
   *
   * @defaultValue `true`
   */
  readonly reachesAll?: boolean | undefined
  /**
   * Whether the same call gets the same endpoint as long as nothing changed: neither the set nor what is in flight.
   *
   * @defaultValue `false`
   */
  readonly steady?: boolean | undefined
  /**
   * Whether the order in which endpoints are listed makes no difference. Tried on balancers that are `steady`, too.
   *
   * @defaultValue `false`
   */
  readonly ignoresOrder?: boolean | undefined
  /** What the call for pick number `index` is made of. @defaultValue a path of its own for each */
  readonly call?: ((index: number) => Partial<CallParts>) | undefined
  /** Repeats a run: it is in the message of whatever failed. @defaultValue a new one for each run */
  readonly seed?: string | number | undefined
  /** How many cases a law is tried on. @defaultValue `100` */
  readonly cases?: number | undefined
}

/** A balancer with endpoints to choose from. */
interface Stand {
  readonly balancer: Balancer
  readonly endpoints: readonly TestEndpoint[]
}

function shuffle(endpoints: readonly TestEndpoint[], made: SuiteCase): TestEndpoint[] {
  const places = new Map(endpoints.map((endpoint) => [endpoint, made.between(0, 1_000_000)]))
  return [...endpoints].sort((left, right) => (places.get(left) ?? 0) - (places.get(right) ?? 0))
}

/** The same for a call that has attempts under way, as a hedged one has. */
function sideBySide(query: PickQuery, underway: readonly Endpoint[]): PickQuery {
  const { call } = query
  const begun = underway.map((endpoint): UnderwayAttempt => ({ endpoint, startedAt: call.startedAt }))
  // As routing does, the only one that may.
  ;(call.underway as UnderwayAttempt[]).push(...begun)
  return { call, isSpent: (endpoint) => underway.includes(endpoint) || query.isSpent(endpoint) }
}

/**
 * Registers the tests.
 *
 * @param options see {@link BalancerSuiteOptions}.
 * @example
 * ```ts
 * import type { BalanceFunction } from 'proxyless'
 * import { balancerSuite } from 'proxyless/testing'
 *
 * const first: BalanceFunction = (endpoints) => endpoints[0]
 *
 * balancerSuite({ name: 'first of all', balancer: () => first, reachesAll: false, steady: true })
 * ```
 */
export function balancerSuite(options: BalancerSuiteOptions): void {
  const { name, seed, cases = 100 } = options
  const law = (sentence: string, check: (made: SuiteCase) => void, times = cases): void => {
    test(`${name}: ${sentence}`, () => forCases(seed, times, check))
  }
  const query = (index: number, spent: Iterable<Endpoint> = []): PickQuery => {
    return testQuery([...spent], options.call?.(index) ?? { path: `/items/${index}` })
  }
  const stand = (made: SuiteCase, count: number): Stand => ({
    balancer: toBalancer(options.balancer(), testHost({ random: made.random })),
    endpoints: testEndpoints(count, () => ({ weight: made.between(1, 5), zone: `zone-${made.between(1, 3)}` })),
  })
  /** Leaves a different number of attempts in flight at each endpoint. */
  const load = ({ balancer, endpoints }: Stand, made: SuiteCase): void => {
    for (const endpoint of endpoints) {
      for (let i = made.between(0, 4); i > 0; i -= 1) beginAttempt(metersOf(balancer), endpoint)
    }
  }

  law('the choice is one of the set, whatever is in flight', (made) => {
    const { balancer, endpoints } = stand(made, made.between(1, 12))
    const picker = balancer.picker(endpoints)
    const ends: (() => void)[] = []
    for (let i = 0; i < 40; i += 1) {
      const chosen = picker.pick(query(i))
      assert.ok(chosen !== undefined, `pick ${i} of ${endpoints.length} endpoints gave none`)
      assert.ok(endpoints.includes(chosen as TestEndpoint), `pick ${i} gave ${String(chosen.address)}, which is not in the set`)
      ends.push(beginAttempt(metersOf(balancer), chosen as TestEndpoint))
      if (made.between(0, 1) === 0) ends.splice(made.between(0, ends.length - 1), 1)[0]?.()
    }
  })

  law('an endpoint that the call has tried is avoided while there is another', (made) => {
    const bench = stand(made, made.between(2, 12))
    load(bench, made)
    const picker = bench.balancer.picker(bench.endpoints)
    const spent = new Set<Endpoint>()
    while (spent.size < bench.endpoints.length) {
      const chosen = picker.pick(query(0, spent))
      assert.ok(chosen !== undefined, `${spent.size} of ${bench.endpoints.length} endpoints were tried, and there was no choice`)
      assert.ok(!spent.has(chosen), `${chosen.address} was tried already, and ${bench.endpoints.length - spent.size} others were not`)
      spent.add(chosen)
    }
  })

  law('an endpoint where an attempt of the call is under way is avoided while there is another', (made) => {
    const bench = stand(made, made.between(2, 12))
    load(bench, made)
    const picker = bench.balancer.picker(bench.endpoints)
    const tried: Endpoint[] = []
    const over: Endpoint[] = []
    while (tried.length < bench.endpoints.length) {
      const chosen = picker.pick(
        sideBySide(
          query(0, over),
          tried.filter((endpoint) => !over.includes(endpoint)),
        ),
      )
      assert.ok(chosen !== undefined, `${tried.length} of ${bench.endpoints.length} endpoints were tried, and there was no choice`)
      assert.ok(
        !tried.includes(chosen),
        `${chosen.address} has an attempt under way, and ${bench.endpoints.length - tried.length} others have none`,
      )
      tried.push(chosen)
      if (made.between(0, 2) === 0) over.push(chosen)
    }
  })

  law('when the call has tried every endpoint, it may try one again', (made) => {
    const { balancer, endpoints } = stand(made, made.between(1, 12))
    const chosen = balancer.picker(endpoints).pick(query(0, endpoints))
    assert.ok(chosen !== undefined && endpoints.includes(chosen as TestEndpoint), 'there was no choice')
  })

  law('a single endpoint gets every call', (made) => {
    const { balancer, endpoints } = stand(made, 1)
    const picker = balancer.picker(endpoints)
    for (let i = 0; i < 10; i += 1) assert.equal(picker.pick(query(i)), endpoints[0])
  })

  law('a picker stays usable, and keeps to its own set, when a newer one exists', (made) => {
    const { balancer, endpoints } = stand(made, made.between(2, 12))
    const older = endpoints.slice(0, made.between(1, endpoints.length - 1))
    const newer = endpoints.slice(made.between(0, endpoints.length - 1))
    const [before, after] = [balancer.picker(older), balancer.picker(newer)]
    for (let i = 0; i < 20; i += 1) {
      assert.ok(older.includes(before.pick(query(i)) as TestEndpoint), 'the older picker left its set')
      assert.ok(newer.includes(after.pick(query(i)) as TestEndpoint), 'the newer picker left its set')
    }
  })

  law('choosing leaves the list of endpoints as it is', (made) => {
    const { balancer, endpoints } = stand(made, made.between(1, 12))
    const list = Object.freeze([...endpoints])
    const picker = balancer.picker(list)
    for (let i = 0; i < 5; i += 1) picker.pick(query(i, endpoints.slice(0, i)))
    assert.deepEqual(list, endpoints)
  })

  if (options.reachesAll !== false) {
    law(
      'every endpoint is reached',
      (made) => {
        const { balancer } = stand(made, 1)
        const endpoints = testEndpoints(made.between(2, 8))
        const picker = balancer.picker(endpoints)
        const missing = new Set<Endpoint>(endpoints)
        // All at once: a balancer that looks at loads has no reason to leave an idle endpoint for another.
        for (let i = 0; i < 400 * endpoints.length && missing.size > 0; i += 1) {
          const chosen = picker.pick(query(i)) as TestEndpoint
          missing.delete(chosen)
          beginAttempt(metersOf(balancer), chosen)
        }
        assert.deepEqual(
          [...missing].map((endpoint) => endpoint.address),
          [],
          'these endpoints got none of the calls',
        )
      },
      Math.ceil(cases / 10),
    )
  }

  if (options.steady === true) {
    law('the same call gets the same endpoint while nothing changes', (made) => {
      const bench = stand(made, made.between(1, 12))
      load(bench, made)
      const picker = bench.balancer.picker(bench.endpoints)
      const index = made.between(0, 1_000)
      const first = picker.pick(query(index))
      for (let i = 0; i < 5; i += 1) assert.equal(picker.pick(query(index)), first)
      assert.equal(bench.balancer.picker(bench.endpoints).pick(query(index)), first, 'another picker of the same set chose another')
    })
  }

  if (options.ignoresOrder === true) {
    law('the order of endpoints makes no difference', (made) => {
      const bench = stand(made, made.between(2, 12))
      load(bench, made)
      const shuffled = shuffle(bench.endpoints, made)
      const [one, other] = [bench.balancer.picker(bench.endpoints), bench.balancer.picker(shuffled)]
      for (let i = 0; i < 20; i += 1) assert.equal(one.pick(query(i)), other.pick(query(i)))
    })
  }
}
