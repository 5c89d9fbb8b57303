import assert from 'node:assert/strict'
import { inFlight, peakEwma, powerOfTwo, roundRobin } from '../../../src/index.ts'
import { lognormal, poisson, servers } from '../../../src/testing/index.ts'
import { compare, figure, inOrder, type Scenario } from './scenario.ts'

export const scenario: Scenario = {
  title: 'Thirty clients, twenty endpoints, one at a third of its speed',
  about:
    'Each client sees its own calls alone: 43 a second, of which one or two are in flight at a time. What is in flight here says little, latency much.',
  watch: ['slow'],
  variants: compare(
    {
      roundRobin: () => roundRobin(),
      'powerOfTwo(inFlight())': () => powerOfTwo(inFlight()),
      'powerOfTwo(peakEwma())': () => powerOfTwo(peakEwma()),
    },
    {
      clients: 30,
      servers: [
        ...servers(19, { serviceMs: lognormal(18, 0.5), workers: 2 }),
        { name: 'slow', serviceMs: lognormal(18, 0.5), workers: 2, speed: 1 / 3 },
      ],
      arrivals: poisson(1_300),
      duration: '15s',
      warmUp: '3s',
    },
  ),
  claims: (figures) => {
    const p99 = (variant: string): number => figure(figures, variant).p99Ms
    inOrder([3 * p99('powerOfTwo(peakEwma())'), p99('powerOfTwo(inFlight())'), p99('roundRobin')], 'p99')
    assert.ok(figure(figures, 'powerOfTwo(inFlight())').failed < 0.001)
  },
}
