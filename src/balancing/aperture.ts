import type { Endpoint } from '../endpoint/endpoint.ts'
import { printValue } from '../errors/print-value.ts'
import type { Part } from '../runtime/host.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { makesParts } from '../runtime/part-factory.ts'
import type { Random } from '../runtime/random.ts'
import type { Balancer, Picker, PickQuery } from './balancer.ts'
import { drawUnspent } from './draw-unspent.ts'
import { hashOrder } from './hash-order.ts'
import { inFlight } from './in-flight.ts'
import type { LoadMeter } from './load-meter.ts'
import { OptionChecks } from './option-checks.ts'
import { mostFailingPairs, mostPairs } from './pair-odds.ts'
import { Readmissions } from './readmissions.ts'

/** Which part of the endpoints an {@link aperture} balancer uses, and how. */
export interface ApertureOptions {
  /** The number of this process among its like: a whole number from 0 to `peers - 1`; no two have the same. */
  readonly peer: number
  /** How many processes like this one call the service: a whole number of at least 1, the same in all of them. */
  readonly peers: number
  /** How many endpoints a process uses at least: a whole number of at least 1. @defaultValue {@link apertureDefaults}.min */
  readonly min?: number | undefined
  /** What is compared of two endpoints. @defaultValue `inFlight()` */
  readonly meter?: Part<LoadMeter> | undefined
}

/** The defaults of {@link ApertureOptions}; the least number is Finagle's. */
export const apertureDefaults = Object.freeze({ min: 12 } as const)

/** How often a place is drawn again for an endpoint that is another one, or not spent. */
const redraws = 4

/**
 * The part of a ring of width 1 that belongs to a process.
 *
 * @param endpoints how many endpoints share the ring.
 * @param peers how many processes do.
 * @param min how many endpoints a process uses at least.
 * @returns a whole number of parts of `1 / peers`, so that each place of the ring belongs to as many processes as any other.
 */
export function apertureWidth(endpoints: number, peers: number, min: number): number {
  return Math.min(1, Math.ceil((min * peers) / endpoints) / peers)
}

class AperturePicker implements Picker {
  readonly #all: readonly Endpoint[]
  readonly #inside: readonly Endpoint[]
  readonly #start: number
  readonly #width: number
  readonly #meter: LoadMeter
  readonly #draws: Random

  constructor(endpoints: readonly Endpoint[], start: number, width: number, meter: LoadMeter, draws: Random) {
    this.#all = hashOrder(endpoints, 0)
    this.#start = start
    this.#width = width
    this.#meter = meter
    this.#draws = draws
    const count = endpoints.length
    const first = Math.floor(start * count)
    // Rounding may move the end past the border of an endpoint of which nothing is inside.
    const reached = Math.min(count, Math.ceil((start + width) * count - 1e-9) - first)
    this.#inside = Array.from({ length: Math.max(1, reached) }, (_, index) => this.#all[(first + index) % count] as Endpoint)
  }

  pick(query: PickQuery): Endpoint {
    let spentDraws = 0
    let pairs = 0
    while (spentDraws <= redraws) {
      const left = this.#draw()
      if (query.isSpent(left)) {
        spentDraws += 1
        continue
      }
      const right = this.#drawBeside(left, query)
      const lighter = this.#lighter(left, right, query.at)
      if (lighter !== undefined) return lighter
      pairs += 1
      if (pairs >= mostPairs && (pairs === mostFailingPairs || !this.#bothFail(left, right, query.at))) {
        return this.#byLoad(left, right, query.at)
      }
    }
    const inside = drawUnspent(this.#inside, this.#draws, query)
    return query.isSpent(inside) ? drawUnspent(this.#all, this.#draws, query) : inside
  }

  /** As of a meter: `undefined`, if another pair should be drawn because one of them fails. */
  #lighter(left: Endpoint, right: Endpoint, at: number | undefined): Endpoint | undefined {
    const meter = this.#meter
    if (left === right) return left
    return meter.lighter === undefined ? this.#byLoad(left, right, at) : meter.lighter(left, right, at)
  }

  #bothFail(left: Endpoint, right: Endpoint, at: number | undefined): boolean {
    const meter = this.#meter
    return meter.isFailing?.(left, at) === true && meter.isFailing(right, at)
  }

  /** The first one drawn wins a tie: it is the one whose share is that of its part. */
  #byLoad(left: Endpoint, right: Endpoint, at: number | undefined): Endpoint {
    return this.#meter.load(left, at) <= this.#meter.load(right, at) ? left : right
  }

  /** Another one to compare; the same one, if there is hardly another. Drawing both again would take from those that are drawn often. */
  #drawBeside(left: Endpoint, query: PickQuery): Endpoint {
    for (let draw = 0; draw <= redraws; draw += 1) {
      const right = this.#draw()
      if (right !== left && !query.isSpent(right)) return right
    }
    return left
  }

  /** The endpoint at a place of the aperture: those at its two ends are inside in part only, and get their part of the calls. */
  #draw(): Endpoint {
    const place = this.#start + this.#draws.next() * this.#width
    // Round the ring: an aperture of everything begins and ends within the same endpoint.
    return this.#all[Math.floor(place * this.#all.length) % this.#all.length] as Endpoint
  }
}

/**
 * The less loaded of two endpoints, drawn from a part of all that belongs to this process. The parts of all processes together cover every
 * endpoint equally, which parts drawn by chance do not; for that, each process must know its number and how many there are.
 *
 * Weights are not used. Not for clients that call in bursts, and leave most of their part idle between them.
 *
 * Source: Finagle's deterministic aperture.
 *
 * @param options see {@link ApertureOptions}.
 * @throws TypeError for an option that is not what it should be.
 * @example
 * ```ts
 * import { aperture, dns, mesh } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) =>
 *     s.resolve(dns('orders.internal', { port: 8080 })).balance(aperture({ peer: Number(process.env.REPLICA), peers: 40 })),
 *   )
 *   .build()
 * ```
 */
export function aperture(options: ApertureOptions): DescribedPart<Balancer> {
  const checks = new OptionChecks('aperture', options, ['peer', 'peers', 'min', 'meter'])
  const peers = checks.integer('peers', 0, 1, Number.MAX_SAFE_INTEGER)
  const peer = checks.integer('peer', Number.NaN, 0, peers - 1)
  const min = checks.integer('min', apertureDefaults.min, 1, Number.MAX_SAFE_INTEGER)
  const { meter = inFlight() } = options
  if (typeof meter !== 'function') checks.refuse('meter', 'a load meter such as inFlight()')
  return part('aperture', { peer, peers, min, meter }, (host) => {
    const made = meter(host)
    if (typeof made?.load !== 'function' || typeof made.began !== 'function') {
      throw new TypeError(`${host.service}: aperture: meter: expected an object with load and began, got ${printValue(made)}`)
    }
    const draws = host.random.fork('aperture')
    const picker = (endpoints: readonly Endpoint[]): Picker => {
      return new AperturePicker(endpoints, peer / peers, apertureWidth(endpoints.length, peers, min), made, draws)
    }
    const readmissions = made.readmitted === undefined ? undefined : new Readmissions()
    return {
      name: 'aperture',
      meters: [made],
      picker,
      ...(readmissions && {
        noticed: (endpoints: readonly Endpoint[], isFit: (endpoint: Endpoint) => boolean) => readmissions.noticed(endpoints, isFit, made),
      }),
    }
  })
}

makesParts(aperture)
