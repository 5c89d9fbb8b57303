import assert from 'node:assert/strict'
import { inFlight, leastRequest, peakEwma, powerOfTwo, roundRobin } from '../../../src/index.ts'
import { lognormal, poisson, servers } from '../../../src/testing/index.ts'
import { compare, figure, inOrder, type Scenario } from './scenario.ts'

export const scenario: Scenario = {
  title: 'One of ten endpoints stands still',
  about:
    'From second 5 to second 15, s1 takes calls and answers none. It must be seen before its first answer, which never comes within the deadline.',
  during: [6, 15],
  watch: ['s1'],
  variants: compare(
    {
      roundRobin: () => roundRobin(),
      leastRequest: () => leastRequest(),
      'powerOfTwo(inFlight())': () => powerOfTwo(inFlight()),
      'powerOfTwo(peakEwma())': () => powerOfTwo(peakEwma()),
    },
    {
      servers: servers(10, { serviceMs: lognormal(20, 0.5), workers: 2, dropsLeft: true }),
      arrivals: poisson(500),
      duration: '30s',
      changes: [
        { at: '5s', change: (world) => (world.server('s1').speed = 0) },
        { at: '15s', change: (world) => (world.server('s1').speed = 1) },
      ],
    },
  ),
  claims: (figures) => {
    const share = (variant: string): number => figure(figures, variant).shares.s1 as number
    inOrder([share('powerOfTwo(peakEwma())'), share('powerOfTwo(inFlight())'), share('roundRobin')], 'share')
    assert.ok(share('powerOfTwo(peakEwma())') < 0.001, 'who waits for longer than usual is slow')
    const failed = (variant: string): number => figure(figures, variant).failed
    inOrder([failed('powerOfTwo(peakEwma())'), failed('powerOfTwo(inFlight())'), failed('roundRobin')], 'failed')
  },
}
