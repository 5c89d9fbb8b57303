import type { Balancer } from '../balancing/balancer.ts'
import type { Host } from '../runtime/host.ts'

/** Ends what a balancer does beside choosing; it may be a user's, and throw. */
export function closeBalancer(balancer: Balancer, host: Host): void {
  try {
    balancer.close?.()
  } catch (error) {
    host.emit('part-threw', { service: host.service, part: `balancer ${balancer.name}`, error })
  }
}
