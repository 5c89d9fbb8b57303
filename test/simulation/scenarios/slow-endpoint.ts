import assert from 'node:assert/strict'
import { inFlight, leastRequest, peakEwma, powerOfTwo, roundRobin } from '../../../src/index.ts'
import { exponential, poisson, servers } from '../../../src/testing/index.ts'
import { compare, figure, inOrder, type Scenario } from './scenario.ts'

export const scenario: Scenario = {
  title: 'One of ten endpoints is twenty times slower for 15 seconds',
  about: 'At half load, s1 works at a twentieth of its speed from second 5 to second 20. Its fair share is 10 %; it can serve 1 %.',
  during: [6, 20],
  watch: ['s1'],
  variants: compare(
    {
      roundRobin: () => roundRobin(),
      leastRequest: () => leastRequest(),
      'powerOfTwo(inFlight())': () => powerOfTwo(inFlight()),
      'powerOfTwo(peakEwma())': () => powerOfTwo(peakEwma()),
    },
    {
      servers: servers(10, { serviceMs: exponential(20), workers: 2 }),
      arrivals: poisson(500),
      duration: '30s',
      changes: [
        { at: '5s', change: (world) => (world.server('s1').speed = 0.05) },
        { at: '20s', change: (world) => (world.server('s1').speed = 1) },
      ],
    },
  ),
  claims: (figures) => {
    const share = (variant: string): number => figure(figures, variant).shares.s1 as number
    inOrder([share('powerOfTwo(peakEwma())'), share('powerOfTwo(inFlight())'), share('roundRobin')], 'share')
    assert.ok(share('powerOfTwo(inFlight())') < 0.02, 'by what is in flight, next to nothing')
    assert.ok(share('powerOfTwo(peakEwma())') < 0.01, 'by latency, no more than it can serve')
    assert.ok(Math.abs(share('roundRobin') - 0.1) < 0.002, 'in turn, its fair share')
    const p99 = (variant: string): number => figure(figures, variant).p99Ms
    inOrder([p99('powerOfTwo(peakEwma())'), p99('powerOfTwo(inFlight())'), p99('roundRobin') / 10], 'p99')
  },
}
