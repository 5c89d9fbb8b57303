import type { Balancer } from '../balancing/balancer.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Host } from '../runtime/host.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'

/** Tells a balancer for whom it will choose, before there is a call; it may be a user's, and throw. */
export function expectEndpoints(balancer: Balancer, endpoints: readonly Endpoint[], host: Host): void {
  if (balancer.expect === undefined) return
  const threw = (error: unknown) => host.emit('part-threw', { service: host.service, part: `balancer ${balancer.name}`, error })
  try {
    hearLateRejection(balancer.expect(endpoints), threw)
  } catch (error) {
    threw(error)
  }
}
