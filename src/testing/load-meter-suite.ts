/**
 * The laws that every load meter keeps, as tests for `node:test`. Ours are held to them, and so can yours be.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoadMeter } from '../balancing/load-meter.ts'
import { type Verdict, verdicts } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Part } from '../runtime/host.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'
import { forCases, type SuiteCase } from './suite-chance.ts'
import { beginAttempt } from './suite-routing.ts'
import { type TestEndpoint, testEndpoints } from './test-endpoint.ts'
import { testHost } from './test-host.ts'

/** What {@link loadMeterSuite} tests, and what that promises beyond what every meter must. */
export interface LoadMeterSuiteOptions {
  /** Begins the name of each test. */
  readonly name: string
  /** Makes the meter; called for each case. */
  readonly meter: () => Part<LoadMeter>
  /**
   * Whether the load of an endpoint depends on what is in flight alone, so that it is back where it was when everything has ended.
   *
   * @defaultValue `false`
   */
  readonly forgetsAtOnce?: boolean | undefined
  /** Repeats a run: it is in the message of whatever failed. @defaultValue a new one for each run */
  readonly seed?: string | number | undefined
  /** How many cases a law is tried on. @defaultValue `100` */
  readonly cases?: number | undefined
}

/** A meter with endpoints to measure. */
interface Stand {
  readonly meter: LoadMeter
  readonly clock: FakeClock
  readonly endpoints: readonly TestEndpoint[]
}

const everyVerdict: readonly Verdict[] = Object.values(verdicts)

/**
 * Registers the tests.
 *
 * @param options see {@link LoadMeterSuiteOptions}.
 * @example
 * ```ts
 * import { inFlight } from 'proxyless'
 * import { loadMeterSuite } from 'proxyless/testing'
 *
 * loadMeterSuite({ name: 'in flight', meter: () => inFlight(), forgetsAtOnce: true })
 * ```
 */
export function loadMeterSuite(options: LoadMeterSuiteOptions): void {
  const { name, seed, cases = 100 } = options
  const stand = (made: SuiteCase): Stand => {
    const clock = fakeClock({ origins: false })
    return { meter: options.meter()(testHost({ clock, random: made.random })), clock, endpoints: testEndpoints(3) }
  }
  /** Sends some attempts, one after the other, so that the meter knows something. */
  const teach = ({ meter, endpoints }: Stand, made: SuiteCase): void => {
    for (let i = made.between(0, 10); i > 0; i -= 1) {
      const endpoint = endpoints[made.between(0, endpoints.length - 1)] as TestEndpoint
      beginAttempt([meter], endpoint)(everyVerdict[made.between(0, everyVerdict.length - 1)], made.between(0, 1_000))
    }
  }
  const law = (sentence: string, check: (bench: Stand, endpoint: TestEndpoint, made: SuiteCase) => void): void => {
    test(`${name}: ${sentence}`, () => {
      forCases(seed, cases, (made) => {
        const bench = stand(made)
        teach(bench, made)
        check(bench, bench.endpoints[made.between(0, 2)] as TestEndpoint, made)
      })
    })
  }

  law('a load is a number that can be compared', ({ meter, endpoints }) => {
    for (const endpoint of endpoints) {
      const load = meter.load(endpoint)
      assert.ok(typeof load === 'number' && !Number.isNaN(load), `the load is ${load}`)
    }
  })

  law('reading a load changes nothing', ({ meter, endpoints }) => {
    const first = endpoints.map((endpoint) => meter.load(endpoint))
    for (let i = 0; i < 3; i += 1)
      assert.deepEqual(
        endpoints.map((endpoint) => meter.load(endpoint)),
        first,
      )
  })

  law('the lighter of two is the one with the lower load, and the first of equals, or neither', ({ meter, endpoints }) => {
    if (meter.lighter === undefined) return
    for (const first of endpoints) {
      for (const second of endpoints) {
        const lighter = meter.lighter(first, second)
        if (lighter !== undefined) assert.equal(lighter, meter.load(first) <= meter.load(second) ? first : second)
      }
    }
  })

  law('pairs of a set compare like the endpoints themselves', ({ meter, endpoints, clock }, endpoint, made) => {
    if (meter.pairs === undefined) return
    const pairs = meter.pairs(endpoints)
    for (let look = 0; look < 3; look += 1) {
      endpoint.inFlight = made.between(0, 300)
      const at = made.between(0, 1) === 0 ? clock.now() : undefined
      for (const [i, first] of endpoints.entries()) {
        for (const [j, second] of endpoints.entries()) {
          if (i === j) continue
          const lighter = meter.lighter === undefined ? lowerLoad(meter, first, second) : meter.lighter(first, second)
          assert.equal(pairs.lighter(i, j, at), lighter === undefined ? -1 : endpoints.indexOf(lighter as TestEndpoint))
        }
      }
      teach({ meter, endpoints, clock }, made)
    }
  })

  law('neither of two that are known to fail is the lighter one', ({ meter, endpoints }) => {
    if (meter.isFailing === undefined) return
    for (const first of endpoints) {
      for (const second of endpoints) {
        if (meter.isFailing(first) && meter.isFailing(second)) assert.equal(meter.lighter?.(first, second), undefined)
      }
    }
  })

  law('an attempt in flight never makes its endpoint look better', ({ meter }, endpoint, made) => {
    for (let i = made.between(1, 5); i > 0; i -= 1) {
      const before = meter.load(endpoint)
      beginAttempt([meter], endpoint)
      assert.ok(meter.load(endpoint) >= before, `the load went from ${before} to ${meter.load(endpoint)}`)
    }
  })

  law('an attempt concerns no other endpoint', ({ meter, endpoints }, endpoint, made) => {
    const others = endpoints.filter((other) => other !== endpoint)
    const before = others.map((other) => meter.load(other))
    beginAttempt([meter], endpoint)(everyVerdict[made.between(0, everyVerdict.length - 1)], made.between(0, 1_000))
    beginAttempt([meter], endpoint)
    assert.deepEqual(
      others.map((other) => meter.load(other)),
      before,
    )
  })

  law('an attempt that is ignored leaves no trace', ({ meter }, endpoint, made) => {
    const before = meter.load(endpoint)
    beginAttempt([meter], endpoint)(verdicts.ignored, made.between(0, 1_000))
    assert.equal(meter.load(endpoint), before)
  })

  law('a failure never looks better than a success that took as long', ({ meter }, _endpoint, made) => {
    const [failing, serving] = testEndpoints(2) as readonly [TestEndpoint, TestEndpoint]
    const latencyMs = made.between(0, 1_000)
    for (let i = made.between(1, 5); i > 0; i -= 1) {
      beginAttempt([meter], failing)(verdicts.retryNever, latencyMs)
      beginAttempt([meter], serving)(verdicts.success, latencyMs)
    }
    assert.ok(meter.load(failing) >= meter.load(serving), `${meter.load(failing)} after failures, ${meter.load(serving)} after successes`)
  })

  law('an attempt may end in any order, with any verdict', ({ meter }, endpoint, made) => {
    const ends = Array.from({ length: made.between(1, 10) }, () => beginAttempt([meter], endpoint))
    while (ends.length > 0) {
      const [end] = ends.splice(made.between(0, ends.length - 1), 1)
      end?.(everyVerdict[made.between(0, everyVerdict.length - 1)], made.between(0, 1_000))
      assert.ok(!Number.isNaN(meter.load(endpoint)))
    }
    assert.equal(endpoint.inFlight, 0)
  })

  test(`${name}: a load stays a number however much time goes by`, async () => {
    const clock = fakeClock({ origins: false })
    const meter = options.meter()(testHost({ clock }))
    const [endpoint] = testEndpoints(1) as readonly [TestEndpoint]
    for (const ms of [0, 0.001, 1, 60_000, 86_400_000 * 365]) {
      beginAttempt([meter], endpoint)(verdicts.success, 5)
      await clock.advance(ms)
      assert.ok(!Number.isNaN(meter.load(endpoint)), `after ${ms} ms the load is ${meter.load(endpoint)}`)
    }
  })

  if (options.forgetsAtOnce === true) {
    law('when everything has ended, the load is back where it was', ({ meter }, endpoint, made) => {
      const before = meter.load(endpoint)
      const ends = Array.from({ length: made.between(1, 10) }, () => beginAttempt([meter], endpoint))
      for (const end of ends) end(everyVerdict[made.between(0, everyVerdict.length - 1)], made.between(0, 1_000))
      assert.equal(meter.load(endpoint), before)
    })
  }
}

function lowerLoad(meter: LoadMeter, first: Endpoint, second: Endpoint): Endpoint {
  return meter.load(first) <= meter.load(second) ? first : second
}
