import type { Fleet } from './fleet.ts'
import type { Claims, Scenario, ScenarioEvent } from './scenario.ts'
import type { ServerMode } from './server-mode.ts'

const begin = 0.2
const end = 0.5
const third = [0, 1] as const

/**
 * Traffic comes back when a probe of the circuit passes, after a second here, or, where too few calls failed to open one, when the balancer tries
 * again: 5 s after the last failure (`peakEwmaDefaults.penalty`), one endpoint in a hundred attempts, so that the second is back within 7 s.
 */
const claims: Claims = { success: 1, postSuccess: 0.97, p99Times: 10, amplification: 1.2, toEjectMs: 1_500, toReadmitMs: 7_000 }

function during(fault: string, starts: (fleet: Fleet) => void | Promise<void>, over: string, ends: (fleet: Fleet) => void | Promise<void>) {
  return [
    { at: begin, label: fault, run: starts },
    { at: end, label: over, run: ends },
  ] satisfies readonly ScenarioEvent[]
}

function each(servers: readonly number[], what: (fleet: Fleet, server: number) => void | Promise<void>) {
  return async (fleet: Fleet): Promise<void> => {
    for (const server of servers) await what(fleet, server)
  }
}

function mode(servers: readonly number[], to: ServerMode) {
  return (fleet: Fleet): void => {
    for (const server of servers) fleet.set(server, to)
  }
}

function scenario(name: string, title: string, events: readonly ScenarioEvent[], change: Partial<Scenario> = {}): Scenario {
  return { name, title, protocol: 'h1', faulty: third, fault: [begin, end], events, dropsPackets: false, claims, ...change }
}

/** Everything that the chaos run does to servers. */
export const scenarios: readonly Scenario[] = [
  scenario(
    'killed',
    'A third of the servers is killed, and started again later.',
    during(
      'two of six killed',
      each(third, (fleet, server) => fleet.kill(server)),
      'started again',
      each(third, (fleet, server) => fleet.revive(server)),
    ),
  ),
  scenario(
    'stopped',
    'A third of the servers stops in the middle of what it does: connections are taken, nothing is answered.',
    during(
      'two of six stopped',
      each(third, (fleet, server) => fleet.stop(server)),
      'go on',
      each(third, (fleet, server) => fleet.resume(server)),
    ),
    // A call that met a stopped server waits for one attempt timeout, once.
    { claims: { ...claims, postSuccess: 0.95, p99Times: 40 } },
  ),
  scenario(
    'slow',
    'One server becomes twenty times slower.',
    during('one twentyfold slower', mode([0], 'slow'), 'as before', mode([0], 'normal')),
    {
      faulty: [0],
      claims: { ...claims, postSuccess: 1, p99Times: 25 },
    },
  ),
  scenario(
    'fails-fast',
    'One server answers 500 at once, faster than any other answers.',
    during('one answers 500', mode([0], 'fail-fast'), 'as before', mode([0], 'normal')),
    { faulty: [0], claims: { ...claims, p99Times: 12 } },
  ),
  scenario(
    'broken-answers',
    'A third of the servers resets connections, then answers garbage, then half bodies.',
    [
      { at: begin, label: 'two of six reset', run: mode(third, 'reset') },
      { at: begin + (end - begin) / 3, label: 'garbage', run: mode(third, 'garbage') },
      { at: begin + (2 * (end - begin)) / 3, label: 'half bodies', run: mode(third, 'half-body') },
      { at: end, label: 'as before', run: mode(third, 'normal') },
    ],
    // A body that breaks off after its head was handed to the caller cannot be taken back.
    { claims: { ...claims, success: 0.98, postSuccess: 0.95 } },
  ),
  scenario(
    'rate-limited',
    'A third of the servers answers 429 and asks for a second of patience.',
    during('two of six answer 429', mode(third, 'limited'), 'as before', mode(third, 'normal')),
    // A call that is asked to wait for a second waits for a second. A 429 opens no circuit, so it is the balancer that tries again, after 5 s.
    { claims: { ...claims, success: 0.98, postSuccess: 0.95, p99Times: 100 } },
  ),
  scenario(
    'goaway-storm',
    'Every server ends its HTTP/2 connections five times a second, gracefully.',
    during('GOAWAY every 200 ms', mode([0, 1, 2, 3, 4, 5], 'goaway'), 'as before', mode([0, 1, 2, 3, 4, 5], 'normal')),
    { protocol: 'h2c', faulty: [0, 1, 2, 3, 4, 5], claims: { success: 1, postSuccess: 1, p99Times: 10, amplification: 1.2 } },
  ),
  scenario(
    'black-hole',
    'Every packet to and from a third of the servers is dropped.',
    during(
      'packets of two dropped',
      each(third, (fleet, server) => fleet.cutOff(server)),
      'pass again',
      (fleet) => fleet.reconnect(),
    ),
    { dropsPackets: true, claims: { ...claims, postSuccess: 0.95, p99Times: 40 } },
  ),
]
