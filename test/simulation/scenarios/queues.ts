import assert from 'node:assert/strict'
import { inFlight, leastRequest, peakEwma, powerOfTwo, random, roundRobin } from '../../../src/index.ts'
import { exponential, poisson, servers } from '../../../src/testing/index.ts'
import { compare, figure, inOrder, type Scenario } from './scenario.ts'

export const scenario: Scenario = {
  title: 'Fifty equal endpoints at 90 % load',
  about:
    'Calls take 10 ms on average, exponentially; each endpoint works on one at a time. Theory: 100 ms at random, 52 ms in turn, 26 ms with two choices.',
  variants: compare(
    {
      random: () => random(),
      roundRobin: () => roundRobin(),
      'powerOfTwo(inFlight())': () => powerOfTwo(inFlight()),
      'powerOfTwo(peakEwma())': () => powerOfTwo(peakEwma()),
      'leastRequest of five': () => leastRequest({ choices: 5 }),
    },
    { servers: servers(50, { serviceMs: exponential(10) }), arrivals: poisson(4_500), duration: '6s', warmUp: '1s' },
  ),
  claims: (figures) => {
    const mean = (variant: string): number => figure(figures, variant).meanMs
    inOrder(['leastRequest of five', 'powerOfTwo(inFlight())', 'powerOfTwo(peakEwma())', 'roundRobin', 'random'].map(mean), 'mean')
    assert.ok(mean('powerOfTwo(peakEwma())') < 1.1 * mean('powerOfTwo(inFlight())'), 'looking at latency costs little where all are equal')
  },
}
