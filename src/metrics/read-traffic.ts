import type { FaultSnapshot, MirrorSnapshot, RouteSnapshot, ServiceSnapshot } from '../mesh/snapshot.ts'
import type { SplitSnapshot } from '../routing/split-snapshot.ts'
import { readLimits } from './read-limits.ts'
import type { Reading } from './reading.ts'

/** The states of a circuit. */
export const circuitStates = ['closed', 'open', 'half-open'] as const
const splitStates = ['steady', 'ramping', 'done', 'aborted'] as const
const result = 'proxyless.result'
const reason = 'proxyless.reason'

/** Reads what the circuit of a service, or of a route, tells, if it has one. */
export function readCircuit(circuit: ServiceSnapshot['circuit'], reading: Reading): void {
  if (circuit === undefined) return
  reading.addState('proxyless.circuit.state', circuitStates, circuit.state)
  reading.add('proxyless.circuit.openings', circuit.openings)
  reading.add('proxyless.circuit.refused', circuit.refused)
}

/** Reads what steers the traffic of a service: those things that it has. */
export function readTraffic({ split, mirror, fault }: Pick<RouteSnapshot, 'split' | 'mirror' | 'fault'>, reading: Reading): void {
  if (split !== undefined) readSplit(split, reading)
  if (mirror !== undefined) readMirror(mirror, reading)
  if (fault !== undefined) readFault(fault, reading)
}

/**
 * Reads what each route of a service counts, and what it has of its own: a limit of a route is none of the service, so that their series add up.
 *
 * @param shared the attributes of the series of the service.
 */
export function readRoutes({ routes }: ServiceSnapshot, shared: Readonly<Record<string, string>>, reading: Reading): void {
  for (const [route, known] of Object.entries(routes)) {
    reading.within({ ...shared, 'proxyless.route': route })
    const { succeeded, failed, ignored, inFlight } = known.calls
    reading.addEach('proxyless.route.calls', result, { succeeded, failed, ignored })
    reading.add('proxyless.route.calls.active', inFlight)
    readLimits({ ...known, endpointConcurrency: undefined }, reading)
    readCircuit(known.circuit, reading)
    readTraffic(known, reading)
  }
  reading.within(shared)
}

function readSplit({ state, progress, versions }: SplitSnapshot, reading: Reading): void {
  reading.addState('proxyless.split.state', splitStates, state)
  reading.add('proxyless.split.progress', progress)
  for (const [version, { share, calls, elsewhere }] of Object.entries(versions)) {
    const attributes = { 'proxyless.version': version }
    reading.add('proxyless.split.share', share, attributes)
    reading.add('proxyless.split.calls', calls, attributes)
    reading.add('proxyless.split.elsewhere', elsewhere, attributes)
  }
}

function readMirror({ answered, failed, inFlight, dropped }: MirrorSnapshot, reading: Reading): void {
  reading.addEach('proxyless.mirror.copies', result, { answered, failed })
  reading.add('proxyless.mirror.in_flight', inFlight)
  const { inFlight: tooMany, bodyTooLarge, bodyIncomplete, noTarget, closed } = dropped
  const reasons = { too_many: tooMany, body_too_large: bodyTooLarge, body_incomplete: bodyIncomplete, no_target: noTarget, closed }
  reading.addEach('proxyless.mirror.dropped', reason, reasons)
}

function readFault(
  { delayed, aborted, cut, throttled, capped, unreadable, enabled, allowed, active }: FaultSnapshot,
  reading: Reading,
): void {
  reading.addEach('proxyless.faults', 'proxyless.kind', { delay: delayed, abort: aborted, cut, throttle: throttled })
  reading.addEach('proxyless.faults.withheld', reason, { capped, unreadable })
  reading.add('proxyless.faults.active', active)
  reading.add('proxyless.faults.on', enabled && allowed ? 1 : 0)
}
