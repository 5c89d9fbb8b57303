import type { Balancer } from '../balancing/balancer.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Host } from '../runtime/host.ts'
import { hearLateRejection, isPromise } from '../runtime/late-rejection.ts'
import type { Transport, TransportStats } from '../transport/transport.ts'

const noCounts: Readonly<Record<string, number>> = Object.freeze({})

/** @throws TypeError for a promise: nobody waits for it, and what it rejects with would end the process. */
function notLater<T>(given: T): T {
  if (!isPromise(given)) return given
  hearLateRejection(given)
  throw new TypeError('expected what is known at once, got a promise')
}

/** What a balancer counts. One that throws, as a user's may, is told of by an event: the snapshot is made all the same. */
export function countsOf(balancer: Balancer, host: Host): Readonly<Record<string, number>> {
  try {
    return notLater(balancer.counts?.()) ?? noCounts
  } catch (error) {
    host.emit('part-threw', { service: host.service, part: `balancer ${balancer.name}`, error })
    return noCounts
  }
}

/** What a transport tells of an endpoint, in the same way. */
export function statsOf(transport: Transport, endpoint: Endpoint, host: Host): Partial<TransportStats> {
  try {
    return notLater(transport.stats?.(endpoint)) ?? {}
  } catch (error) {
    host.emit('part-threw', { service: host.service, part: `transport ${transport.name}`, error })
    return {}
  }
}

/** What a transport speaks to an endpoint, in the same way. */
export function spokenTo(transport: Transport, endpoint: Endpoint, host: Host): string | undefined {
  try {
    return notLater(transport.spoken?.(endpoint))
  } catch (error) {
    host.emit('part-threw', { service: host.service, part: `transport ${transport.name}`, error })
    return undefined
  }
}

/** What a transport can carry to an endpoint, in the same way. */
export function capacityOf(transport: Transport, endpoint: Endpoint, host: Host): number | undefined {
  try {
    return notLater(transport.capacity?.(endpoint))
  } catch (error) {
    host.emit('part-threw', { service: host.service, part: `transport ${transport.name}`, error })
    return undefined
  }
}
