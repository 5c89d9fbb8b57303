import assert from 'node:assert/strict'
import { type FailoverOptions, mesh } from '../../../src/index.ts'
import { exponential, poisson, type SimulationOptions, servers } from '../../../src/testing/index.ts'
import { figure, request, type Scenario } from './scenario.ts'

/** How many of four endpoints drain in each phase, and where the calls go then: algorithm and figures are Envoy's. */
export const phases = [
  { draining: 0, reserve: 0 },
  { draining: 1, reserve: 0 },
  { draining: 2, reserve: 0.3 },
  { draining: 3, reserve: 0.65 },
  { draining: 4, reserve: 1 },
] as const

/** How long a phase is, in seconds. */
export const phaseSeconds = 4

const draining = new Set<string>()

const world = {
  servers: [
    ...servers(4, {
      serviceMs: exponential(10),
      workers: 8,
      headers: ({ name }): Record<string, string> => (draining.has(name) ? { 'x-envoy-immediate-health-check-fail': 'true' } : {}),
    }),
    { name: 'reserve', serviceMs: exponential(10), workers: 32, priority: 1 },
  ],
  arrivals: poisson(600),
  request,
  duration: phases.length * phaseSeconds * 1_000,
  intervals: phases.length * phaseSeconds,
  changes: phases.map(({ draining: count }, phase) => ({
    at: phase * phaseSeconds * 1_000,
    change: () => {
      draining.clear()
      for (let number = 1; number <= count; number += 1) draining.add(`s${number}`)
    },
  })),
} as const satisfies Partial<SimulationOptions>

function failingOver(options: FailoverOptions): SimulationOptions {
  return {
    ...world,
    mesh: ({ clock, random, transport, resolver }) =>
      mesh({ clock, random, transport })
        .service('orders', (s) => s.resolve(resolver).failover(options))
        .build(),
  }
}

export const scenario: Scenario = {
  title: 'Calls spill over to the next priority',
  about:
    'Every four seconds one more of four endpoints says that it drains. From the second one on, a part of the calls goes to the reserve.',
  watch: ['reserve'],
  // Two of four.
  during: [9, 12],
  variants: {
    proportional: failingOver({ spill: 'proportional' }),
    'all or nothing': failingOver({ spill: 'all-or-nothing' }),
  },
  claims: (figures) => {
    const share = (variant: string): number => figure(figures, variant).shares.reserve as number
    assert.ok(Math.abs(share('proportional') - 0.3) < 0.01, String(share('proportional')))
    assert.equal(share('all or nothing'), 0)
  },
}
