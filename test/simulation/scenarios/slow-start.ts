import assert from 'node:assert/strict'
import { inFlight, leastRequest, powerOfTwo, roundRobin, slowStart } from '../../../src/index.ts'
import { lognormal, poisson, servers } from '../../../src/testing/index.ts'
import { compare, figure, type Scenario } from './scenario.ts'

export const scenario: Scenario = {
  title: 'A cold endpoint joins nine warm ones',
  about:
    'At second 5 comes s10, which works at a tenth of its speed at first and is warm after ten seconds. Nobody but slow start spares it meanwhile.',
  during: [5, 15],
  watch: ['s10'],
  variants: compare(
    {
      roundRobin: () => roundRobin(),
      'slowStart(roundRobin())': () => slowStart(roundRobin(), { window: '10s' }),
      'the same, aggression 2': () => slowStart(roundRobin(), { window: '10s', aggression: 2 }),
      'slowStart(leastRequest())': () => slowStart(leastRequest(), { window: '10s' }),
      'powerOfTwo(inFlight())': () => powerOfTwo(inFlight()),
    },
    {
      servers: servers(9, { serviceMs: lognormal(20, 0.5), workers: 2 }),
      arrivals: poisson(500),
      duration: '20s',
      changes: [
        {
          at: '5s',
          change: (world) => {
            const cold = world.add({ name: 's10', serviceMs: lognormal(20, 0.5), workers: 2, speed: 0.1 })
            for (let second = 1; second <= 9; second += 1) world.clock.schedule(1_000 * second, () => (cold.speed = 0.1 + 0.1 * second))
          },
        },
      ],
    },
  ),
  claims: (figures) => {
    const share = (variant: string): number => figure(figures, variant).shares.s10 as number
    assert.ok(Math.abs(share('roundRobin') - 0.1) < 0.002, 'in turn, its fair share at once')
    // Weights w of 0.1 at least and then t / window against nine others: the mean of w / (9 + w) over the window.
    assert.ok(Math.abs(share('slowStart(roundRobin())') - 0.0528) < 0.004, String(share('slowStart(roundRobin())')))
    // The same of the root of t / window.
    assert.ok(Math.abs(share('the same, aggression 2') - 0.0688) < 0.004, String(share('the same, aggression 2')))
    assert.ok(figure(figures, 'slowStart(roundRobin())').p99Ms < figure(figures, 'roundRobin').p99Ms / 5)
  },
}
