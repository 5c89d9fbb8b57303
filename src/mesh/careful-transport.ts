import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Host } from '../runtime/host.ts'
import type { Transport } from '../transport/transport.ts'

/** Closes a transport. One that throws, as a user's may, is told of by an event: what comes after it must happen all the same. */
export async function closeCarefully(transport: Transport, graceMs: number, host: Host): Promise<void> {
  try {
    await transport.close(graceMs)
  } catch (error) {
    host.emit('part-threw', { service: host.service, part: `transport ${transport.name}`, error })
  }
}

/** Tells a transport that an endpoint left, in the same way. */
export function retireCarefully(transport: Transport, endpoint: Endpoint, host: Host): void {
  try {
    transport.retire?.(endpoint)
  } catch (error) {
    host.emit('part-threw', { service: host.service, part: `transport ${transport.name}`, error })
  }
}
