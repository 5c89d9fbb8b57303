import { readLoadReport } from '../../../src/call/load-report.ts'
import { type Balancer, type BalancerPart, type Endpoint, type LoadMeter, part } from '../../../src/index.ts'

/** What an endpoint was last heard to say, smoothed. */
interface Heard {
  queue: number
  serviceMs: number
  at: number
}

/** How much one report counts, and how soon reports fade when there are no new ones. */
const step = 0.3
const fadeMs = 1_000

/**
 * C3 (Suresh et al., "C3: cutting tail latency in cloud data stores via adaptive replica selection"), as an example of a balancer of one's own: the least of
 * `q ^ 3 * service time`, where q is what the endpoint reports as its queue, and what this client has in flight there once for each client, because the
 * others will have thought the same.
 *
 * @param clients how many clients there are.
 */
export function c3(clients: number): BalancerPart {
  return part<Balancer>('c3', { clients }, ({ clock }) => {
    const heard = new WeakMap<Endpoint, Heard>()
    const meter: LoadMeter = {
      name: 'c3',
      load: (endpoint) => {
        const { queue, serviceMs, at } = heard.get(endpoint) ?? { queue: 0, serviceMs: 1, at: 0 }
        const q = 1 + endpoint.inFlight * clients + queue * Math.exp((at - clock.now()) / fadeMs)
        return q ** 3 * serviceMs
      },
      began: (endpoint) =>
        Object.assign(() => {}, {
          answered: (...[, , outcome]: Parameters<NonNullable<ReturnType<LoadMeter['began']>['answered']>>) => {
            const report = outcome?.ok === true ? readLoadReport(outcome.reply) : undefined
            if (report === undefined) return
            const queue = report.get('named_metrics.rif') ?? 0
            const serviceMs = report.get('named_metrics.latency_ms') ?? 0
            const before = heard.get(endpoint) ?? { queue, serviceMs }
            heard.set(endpoint, {
              queue: before.queue + step * (queue - before.queue),
              serviceMs: before.serviceMs + step * (serviceMs - before.serviceMs),
              at: clock.now(),
            })
          },
        }),
    }
    return {
      name: 'c3',
      meters: [meter],
      picker: (endpoints) => ({
        pick: ({ isSpent }) => {
          let best: Endpoint | undefined
          let least = Number.POSITIVE_INFINITY
          for (const endpoint of endpoints) {
            const load = meter.load(endpoint)
            if (load >= least || isSpent(endpoint)) continue
            best = endpoint
            least = load
          }
          return best ?? endpoints[0]
        },
      }),
    }
  })
}
