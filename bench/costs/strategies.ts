import {
  aperture,
  type BalancerPart,
  boundedLoad,
  inFlight,
  leastRequest,
  loadReports,
  maglev,
  peakEwma,
  powerOfTwo,
  prequal,
  primaryBackup,
  random,
  randomSubset,
  rendezvous,
  ringHash,
  roundRobin,
  weightedRandom,
  weightedRoundRobin,
} from '../../src/index.ts'

/** A strategy whose picks are measured. */
export interface Strategy {
  readonly balancer: BalancerPart
  /** Whether endpoints have the weights 1, 2 and 3. */
  readonly weighted?: boolean
  /** Whether endpoints have said how busy they are. */
  readonly reports?: boolean
}

/** The key is found among headers and hashed: that is part of a pick. */
const hashOn = { header: 'x-user' } as const

/** Every strategy by what a program writes into `.balance(...)`. */
export const strategies: Readonly<Record<string, Strategy>> = {
  'roundRobin()': { balancer: roundRobin() },
  'weightedRoundRobin(), weights differ': { balancer: weightedRoundRobin(), weighted: true },
  'random()': { balancer: random() },
  'weightedRandom(), weights differ': { balancer: weightedRandom(), weighted: true },
  'leastRequest()': { balancer: leastRequest() },
  'leastRequest(), weights differ': { balancer: leastRequest(), weighted: true },
  'powerOfTwo(inFlight())': { balancer: powerOfTwo(inFlight()) },
  'powerOfTwo(peakEwma())': { balancer: powerOfTwo(peakEwma()) },
  'ringHash({ hashOn })': { balancer: ringHash({ hashOn }) },
  'maglev({ hashOn })': { balancer: maglev({ hashOn }) },
  'rendezvous({ hashOn })': { balancer: rendezvous({ hashOn }) },
  'rendezvous({ hashOn, recentKeys: 0 })': { balancer: rendezvous({ hashOn, recentKeys: 0 }) },
  'boundedLoad(maglev({ hashOn }))': { balancer: boundedLoad(maglev({ hashOn })) },
  'loadReports()': { balancer: loadReports({ blackout: 0, update: '100ms' }), reports: true },
  'prequal()': { balancer: prequal({ maxAge: '1h' }), reports: true },
  'primaryBackup()': { balancer: primaryBackup() },
  'randomSubset({ size: 20, balancer: random() })': { balancer: randomSubset({ size: 20, balancer: random() }) },
  'aperture({ peer: 3, peers: 40 })': { balancer: aperture({ peer: 3, peers: 40 }) },
}
