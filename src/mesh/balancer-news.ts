import type { Balancer } from '../balancing/balancer.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { HealthView } from '../health/health-board.ts'
import type { Host } from '../runtime/host.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'

/** Who is to be told of what. */
export interface BalancerAudience {
  readonly balancer: Balancer
  readonly endpoints: readonly Endpoint[]
}

/**
 * Tells the balancer of a service of its endpoints and their health as soon as these change. Routing tells it when there is a call; a balancer
 * that goes by when an endpoint came, or was well again, would take the time of the next call for that.
 */
export class BalancerNews {
  readonly #health: HealthView
  readonly #host: Host
  readonly #audience: () => BalancerAudience | undefined
  #due = false

  /**
   * @param health how the endpoints are.
   * @param host the service.
   * @param audience whom to tell now; `undefined` for nobody.
   */
  constructor(health: HealthView, host: Host, audience: () => BalancerAudience | undefined) {
    this.#health = health
    this.#host = host
    this.#audience = audience
  }

  /** The health of an endpoint changed: many change together, and the balancer is told once. */
  readonly healthChanged = (): void => {
    if (this.#due || this.#audience()?.balancer.noticed === undefined) return
    this.#due = true
    queueMicrotask(() => {
      this.#due = false
      const audience = this.#audience()
      if (audience !== undefined) this.#notice(audience)
    })
  }

  /** The endpoints changed, or the balancer is another one: it is told what it will choose from, before there is a call. */
  endpointsChanged(): void {
    const audience = this.#audience()
    if (audience === undefined) return
    this.#notice(audience)
    const { balancer, endpoints } = audience
    if (balancer.expect !== undefined) this.#call(balancer, () => balancer.expect?.(endpoints))
  }

  #notice({ balancer, endpoints }: BalancerAudience): void {
    // As long as there is nobody, nobody is first.
    if (balancer.noticed === undefined || endpoints.length === 0) return
    const isFit = (endpoint: Endpoint) => this.#health.stateOf(endpoint) !== 'unhealthy'
    this.#call(balancer, () => balancer.noticed?.(endpoints, isFit))
  }

  /** It may be a user's, and throw. */
  #call({ name }: Balancer, tell: () => unknown): void {
    const { service, emit } = this.#host
    const threw = (error: unknown) => emit('part-threw', { service, part: `balancer ${name}`, error })
    try {
      hearLateRejection(tell(), threw)
    } catch (error) {
      threw(error)
    }
  }
}
