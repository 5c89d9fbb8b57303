import assert from 'node:assert/strict'
import { inFlight, leastRequest, peakEwma, powerOfTwo, roundRobin } from '../../../src/index.ts'
import { lognormal, poisson, servers } from '../../../src/testing/index.ts'
import { compare, figure, type Scenario } from './scenario.ts'

export const scenario: Scenario = {
  title: 'One of ten endpoints fails fast: a sinkhole',
  about:
    'From second 5 to second 20, s1 answers 503 after a millisecond. Whoever goes by what is in flight finds it idle, and sends it more.',
  during: [6, 20],
  watch: ['s1'],
  variants: compare(
    {
      roundRobin: () => roundRobin(),
      leastRequest: () => leastRequest(),
      'powerOfTwo(inFlight())': () => powerOfTwo(inFlight()),
      'peakEwma without penalty': () => powerOfTwo(peakEwma({ penalty: '1ms' })),
      'powerOfTwo(peakEwma())': () => powerOfTwo(peakEwma()),
    },
    {
      servers: servers(10, { serviceMs: lognormal(20, 0.5), workers: 2 }),
      arrivals: poisson(500),
      duration: '45s',
      changes: [
        { at: '5s', change: (world) => (world.server('s1').failures = { result: 503, afterMs: 1 }) },
        { at: '20s', change: (world) => (world.server('s1').failures = undefined) },
      ],
    },
  ),
  claims: (figures) => {
    const share = (variant: string): number => figure(figures, variant).shares.s1 as number
    for (const variant of ['leastRequest', 'powerOfTwo(inFlight())', 'peakEwma without penalty']) {
      assert.ok(share(variant) > 0.15, `${variant}: the sinkhole attracts calls`)
    }
    assert.ok(share('powerOfTwo(peakEwma())') < 0.002, 'a failure counts as a long latency')
    assert.ok(figure(figures, 'powerOfTwo(peakEwma())').failed < 0.001, 'hardly any call fails')
  },
}
