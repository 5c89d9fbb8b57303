import assert from 'node:assert/strict'
import { mesh, type SplitOptions } from '../../../src/index.ts'
import { lognormal, poisson, type SimulationOptions, servers } from '../../../src/testing/index.ts'
import { figure, request, type Scenario } from './scenario.ts'

/** A client that gives a new version more and more calls, and has nothing else that would hide what becomes of them. */
function rampingUp(abort: SplitOptions['abort']): SimulationOptions {
  return {
    mesh: ({ clock, random, transport, resolver }) =>
      mesh({ clock, random, transport })
        .service('orders', (s) =>
          s
            .resolve(resolver)
            .bare()
            .subset('version', ['v1', 'v2'])
            .split({
              by: 'version',
              weights: { v1: 100 },
              ramp: { to: { v2: 100 }, over: '60s' },
              ...(abort === undefined ? {} : { abort }),
            }),
        )
        .build(),
    servers: [
      ...servers(4, (i) => ({
        name: `old${i + 1}`,
        serviceMs: lognormal(20, 0.5),
        workers: 8,
        labels: { version: 'v1' },
        failures: { share: 0.01 },
      })),
      ...servers(4, (i) => ({
        name: `new${i + 1}`,
        serviceMs: lognormal(20, 0.5),
        workers: 8,
        labels: { version: 'v2' },
        failures: { share: 0.01 },
      })),
    ],
    arrivals: poisson(400),
    request,
    duration: '60s',
    changes: [
      {
        at: '15s',
        change: (world) => {
          for (let i = 1; i <= 4; i += 1) world.server(`new${i}`).failures = { share: 0.3 }
        },
      },
    ],
  }
}

export const scenario: Scenario = {
  title: 'A new version that breaks while it gets more and more calls',
  about:
    'Within a minute calls move from four old servers to four new ones, which fail as seldom as the old ones, 1 call in 100, until second 15, and 30 in 100 from then on.',
  during: [20, 60],
  watch: ['new1'],
  variants: { 'abort: false': rampingUp(false), 'by default': rampingUp(undefined), 'margin: 0.1': rampingUp({ margin: 0.1 }) },
  claims: (figures) => {
    const failed = (variant: string) => figure(figures, variant).failed
    const share = (variant: string) => figure(figures, variant).shares.new1 as number
    assert.ok(failed('abort: false') > 0.14, 'unwatched, a seventh of all calls is lost')
    assert.ok(failed('by default') < 0.015, 'watched, hardly more than ever')
    assert.ok(failed('margin: 0.1') < 0.02)
    assert.equal(share('by default'), 0, 'nobody is sent there any more')
  },
}
