import { inFlight, leastRequest, peakEwma, powerOfTwo, roundRobin } from '../../../src/index.ts'
import { exponential, poisson, servers } from '../../../src/testing/index.ts'
import { compare, type Scenario } from './scenario.ts'

export const scenario: Scenario = {
  title: 'One of ten endpoints is twenty times slower for 15 seconds',
  about: 'At half load, s1 works at a twentieth of its speed from second 5 to second 20. Its fair share is 10 %; it can serve 1 %.',
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
}
