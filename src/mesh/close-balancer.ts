import type { Balancer } from '../balancing/balancer.ts'
import type { Host } from '../runtime/host.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'

/** Ends what a balancer does beside choosing; it may be a user's, and throw. */
export function closeBalancer(balancer: Balancer, host: Host): void {
  const threw = (error: unknown) => host.emit('part-threw', { service: host.service, part: `balancer ${balancer.name}`, error })
  try {
    hearLateRejection(balancer.close?.(), threw)
  } catch (error) {
    threw(error)
  }
}
