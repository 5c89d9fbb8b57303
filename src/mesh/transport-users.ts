import type { Transport } from '../transport/transport.ts'
import type { CallGate } from './call-gate.ts'

/** The gates whose calls may still use a transport: it is closed with the last of them. */
export class TransportUsers {
  readonly #users = new Map<Transport, Set<CallGate>>()

  /** The calls of a gate may use a transport from now on. */
  join(transport: Transport, gate: CallGate): void {
    const users = this.#users.get(transport)
    if (users === undefined) this.#users.set(transport, new Set([gate]))
    else users.add(gate)
  }

  /** They do not any more. @returns whether nobody else does. */
  leave(transport: Transport, gate: CallGate): boolean {
    const users = this.#users.get(transport)
    users?.delete(gate)
    if (users !== undefined && users.size > 0) return false
    this.#users.delete(transport)
    return true
  }
}
