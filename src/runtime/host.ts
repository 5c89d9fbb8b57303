import type { Clock } from './clock.ts'
import type { Emit } from './events.ts'
import type { Random } from './random.ts'

/** What every stateful part (balancer, meter, resolver, policy, transport) is given when a service is assembled. */
export interface Host {
  /** The logical name of the service that the part works for. */
  readonly service: string
  /** The only source of time. */
  readonly clock: Clock
  /** The only source of chance; take a stream of your own with `fork`. */
  readonly random: Random
  /** Tells an event to whoever watches the mesh. */
  readonly emit: Emit
}

/**
 * A part of a service, as a function of its host. A strategy is a value that the caller passes: `powerOfTwo(inFlight())` makes a
 * part, and the mesh calls it once with the host when it assembles the service.
 *
 * Anything that fits is a part, such as `(host) => ({ name: 'mine', picker: ... })`. Parts made with {@link part} also carry a
 * description, which makes a plan printable and lets `net.apply` see that nothing changed.
 */
export type Part<T> = (host: Host) => T
