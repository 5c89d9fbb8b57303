import { printValue } from '../errors/print-value.ts'
import type { ForcedCircuit } from '../health/circuit-snapshot.ts'
import type { ServiceClient } from '../mesh/mesh.ts'
import { type Duration, durationExpectation, readDuration } from '../runtime/duration.ts'
import type { AdminMesh } from './admin-mesh.ts'

/** What was asked for cannot be done: the message is for whoever asked. */
export class ActionError extends Error {
  override readonly name: string = 'ActionError'
}

const actions = ['drain', 'eject', 'readmit', 'circuit', 'fault', 'abort-split', 'resume-split']
const circuitStates = ['open', 'closed', 'observe', 'free']

/**
 * Does what is asked for.
 *
 * @param net the mesh.
 * @param input an `AdminAction`, as it came from outside.
 * @throws ActionError which names the field, and says what was expected and what came.
 */
export function act(net: AdminMesh, input: unknown): void {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw unexpected('action', 'an object such as { "action": "drain" }', input)
  const { action, service, endpoint, time, state, on } = input as Record<string, unknown>
  if (typeof action !== 'string' || !actions.includes(action)) throw unexpected('action', `one of ${actions.join(', ')}`, action)
  const client = clientOf(net, service)
  try {
    if (action === 'drain') client.drain(text('endpoint', endpoint))
    else if (action === 'readmit') client.readmit(text('endpoint', endpoint))
    else if (action === 'eject') client.eject(text('endpoint', endpoint), timeOf(time))
    else if (action === 'circuit') {
      if (typeof state !== 'string' || !circuitStates.includes(state))
        throw unexpected('state', `one of ${circuitStates.join(', ')}`, state)
      const forced = state === 'free' ? undefined : (state as ForcedCircuit)
      client.circuit.force(forced, endpoint === undefined ? undefined : text('endpoint', endpoint))
    } else if (action === 'fault') switchFaults(net, client, on)
    else if (action === 'abort-split') client.split.abort()
    else client.split.resume()
  } catch (error) {
    // The mesh says in its own words which endpoint there is not, or that it is closed.
    throw error instanceof ActionError ? error : new ActionError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function clientOf(net: AdminMesh, service: unknown): ServiceClient {
  // Asked for by its own name only: a service may not be called after what every object has.
  const names = Object.keys(net.snapshot().services)
  const name = text('service', service)
  if (!names.includes(name)) throw unexpected('service', `one of ${names.map(printValue).join(', ') || '(there is none)'}`, name)
  return net.service(name)
}

function switchFaults(net: AdminMesh, client: ServiceClient, on: unknown): void {
  if (typeof on !== 'boolean') throw unexpected('on', 'true or false', on)
  // To turn off what there is not does nothing; whoever asks for it has another service in mind.
  if (net.snapshot().services[client.name]?.fault === undefined)
    throw new ActionError(`service: ${printValue(client.name)} has no faults to switch`)
  if (on) client.fault.enable()
  else client.fault.disable()
}

function timeOf(time: unknown): Duration | undefined {
  if (time === undefined) return undefined
  const ms = readDuration(time)
  if (ms === undefined || ms === 0) throw unexpected('time', `${durationExpectation}, above 0`, time)
  return ms
}

function text(field: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw unexpected(field, 'a text', value)
  return value
}

function unexpected(field: string, expected: string, value: unknown): ActionError {
  return new ActionError(`${field}: expected ${expected}, got ${printValue(value)}`)
}
