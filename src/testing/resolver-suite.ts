/**
 * The laws that every resolver keeps, as tests for `node:test`. Ours are held to them, and so can yours be.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ResolverSource, toResolver } from '../discovery/to-resolver.ts'
import { seededRandom } from '../runtime/seeded-random.ts'
import { ResolverBench } from './resolver-bench.ts'

/** A resolver together with the source that it asks, and the ways in which a test can change what is true there. */
export interface ResolverFixture {
  /** What is tested. */
  readonly resolver: ResolverSource
  /** The logical name that is resolved. @defaultValue `'orders'` */
  readonly service?: string | undefined
  /** The URLs that the first answer must hold, all of them, in any order. */
  readonly urls: readonly string[]
  /**
   * Changes the truth. Called twice in some tests; it must say something new each time.
   *
   * @returns the URLs that there are from now on.
   */
  readonly change?: (() => readonly string[] | Promise<readonly string[]>) | undefined
  /** Makes the source fail: it cannot tell any more which endpoints there are. */
  readonly fail?: (() => void | Promise<void>) | undefined
  /** Ends whatever the fixture opened. */
  readonly close?: (() => void | Promise<void>) | undefined
}

const stillWaits = 'the signal ended, and the resolver still waits; it must hand the signal on to whatever it waits for'

/** How long a watch is observed that keeps quiet about a fault, in milliseconds. */
const hiddenFaultMs = 300

/** What {@link resolverSuite} tests. */
export interface ResolverSuiteOptions {
  /** Begins the name of each test. */
  readonly name: string
  /** Makes a source, and a resolver that asks it. Called for each test. */
  readonly make: () => ResolverFixture | Promise<ResolverFixture>
  /** How long an answer, or the end of a watch, may take, in milliseconds. @defaultValue `5000` */
  readonly patienceMs?: number | undefined
  /** Whether the truth can change, which {@link ResolverFixture.change} does. @defaultValue `true` */
  readonly changes?: boolean | undefined
  /** Whether the source can fail, which {@link ResolverFixture.fail} brings about. @defaultValue `true` */
  readonly fails?: boolean | undefined
  /** Whether a fault after a good answer goes untold, as with a resolver that keeps the last answer itself. @defaultValue `false` */
  readonly hidesLaterFaults?: boolean | undefined
}

/**
 * Registers the tests.
 *
 * They run in real time, with a `pause` that the test can end; each makes a fixture of its own, and closes it.
 *
 * @param options see {@link ResolverSuiteOptions}.
 * @example
 * ```ts
 * import { poll } from 'proxyless'
 * import { resolverSuite } from 'proxyless/testing'
 *
 * resolverSuite({
 *   name: 'poll',
 *   make: () => {
 *     let urls = ['http://10.0.0.7:8080']
 *     let broken = false
 *     return {
 *       resolver: poll(() => {
 *         if (broken) throw new Error('the registry is down')
 *         return urls
 *       }),
 *       urls,
 *       change: () => (urls = ['http://10.0.0.8:8080', 'http://10.0.0.9:8080']),
 *       fail: () => {
 *         broken = true
 *       },
 *     }
 *   },
 * })
 * ```
 */
export function resolverSuite(options: ResolverSuiteOptions): void {
  const { name, make, patienceMs = 5_000 } = options

  const law = (sentence: string, check: (bench: ResolverBench, fixture: ResolverFixture) => Promise<void>): void => {
    test(`${name}: ${sentence}`, async () => {
      const fixture = await make()
      const bench = await ResolverBench.open(fixture.service ?? 'orders', seededRandom(name), patienceMs)
      bench.use(toResolver(fixture.resolver, bench.host))
      try {
        await check(bench, fixture)
      } finally {
        await bench.close()
        await fixture.close?.()
      }
    })
  }

  law('the first answer comes by itself and holds every endpoint', async (bench, { urls }) => {
    assert.deepEqual(await bench.watch().nextUrls(), sorted(urls))
  })

  law('two watches at a time do not disturb each other', async (bench, { urls, change }) => {
    const [first, second] = [bench.watch(), bench.watch()]
    assert.deepEqual(await first.nextUrls(), sorted(urls))
    assert.deepEqual(await second.nextUrls(), sorted(urls))
    await first.end()
    if (change !== undefined) await second.seeUrls(sorted(await change()))
  })

  law('a watch can follow one that ended', async (bench, { urls }) => {
    const first = bench.watch()
    await first.nextUrls()
    await first.end()
    assert.deepEqual(await bench.watch().nextUrls(), sorted(urls))
  })

  law('a watch whose signal ends while it waits comes to its end', async (bench) => {
    const watch = bench.watch()
    await watch.nextUrls()
    const over = watch.over()
    await bench.turn()
    watch.abort()
    await bench.inTime(over, stillWaits)
  })

  law('a watch whose signal ended before its first step comes to its end', async (bench) => {
    const watch = bench.watch()
    watch.abort()
    await bench.inTime(watch.over(), 'the signal had ended before the first step, and the resolver still goes on')
  })

  law('return() ends a watch that is between two steps', async (bench) => {
    const watch = bench.watch()
    await watch.nextUrls()
    await bench.inTime(watch.return(), 'return() did not come to its end')
  })

  law('a watch that waits does not keep the process alive', async (bench) => {
    const watch = bench.watch()
    await watch.nextUrls()
    const over = watch.over()
    await bench.mustBeIdle('while it waits for its next answer, the resolver holds')
    watch.abort()
    await bench.inTime(over, stillWaits)
  })

  law('a watch that ended leaves no timer, and nothing that keeps the process alive', async (bench) => {
    const watch = bench.watch()
    await watch.nextUrls()
    const over = watch.over()
    await bench.turn()
    watch.abort()
    await bench.inTime(over, stillWaits)
    await bench.mustBeIdle('after its end, the resolver holds')
    await bench.mustHaveNoTimer()
  })

  law('every timer of it is a background timer', async (bench) => {
    await bench.watch().nextUrls()
    assert.equal(bench.foregroundTimers, 0, 'it scheduled a timer without { background: true }, which keeps the process alive')
  })

  if (options.changes !== false) {
    law('after a change and a wish for a fresh answer, the whole new list comes', async (bench, { urls, change }) => {
      assert.ok(change !== undefined, 'the fixture has no change(); for a source that never changes say changes: false')
      const watch = bench.watch()
      assert.deepEqual(await watch.nextUrls(), sorted(urls))
      for (let round = 0; round < 2; round += 1) await watch.seeUrls(sorted(await change()))
    })
  }

  if (options.fails !== false) {
    law('a source that cannot tell makes the watch throw, and does not answer with nothing', async (bench, { fail }) => {
      assert.ok(fail !== undefined, 'the fixture has no fail(); for a source that cannot fail say fails: false')
      await fail()
      assert.equal(await bench.watch().untilFault(patienceMs), true, 'the source had failed, and the watch did not throw')
    })

    law('a source that fails later does not make the endpoints vanish', async (bench, { urls, fail }) => {
      const watch = bench.watch()
      assert.deepEqual(await watch.nextUrls(), sorted(urls))
      await fail?.()
      const hides = options.hidesLaterFaults === true
      const threw = await watch.untilFault(hides ? hiddenFaultMs : patienceMs)
      assert.equal(threw, !hides, hides ? 'the source failed, and the watch threw' : 'the source failed, and the watch did not throw')
    })
  }
}

function sorted(urls: readonly string[]): string[] {
  return [...urls].sort()
}
