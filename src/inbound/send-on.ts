import type { Attempt } from '../call/attempt.ts'
import { type HeaderList, headerOf, withHeader } from '../call/header-list.ts'
import { inherited } from '../call/inbound-call.ts'
import type { Layer } from '../call/layer.ts'
import type { Host } from '../runtime/host.ts'
import { type DeadlineHeader, readDeadlineHeader, writeDeadlineHeader } from './deadline-header.ts'

/** What servers are told. */
export interface SendOnSettings {
  /** The headers that carry the deadline; none for not at all. */
  readonly headers: readonly DeadlineHeader[]
  /** Whether they are sent with every call, and not only with those in the service of an inbound request. */
  readonly always: boolean
  /** The header that carries the number of a repeated attempt; `false` for none. */
  readonly attemptHeader: string | false
  /** How long an attempt may take on its own, in milliseconds; `Infinity` for as long as the call. */
  readonly limitOf: (attempt: Attempt) => number
  /** The number of an attempt as servers see it: those that provably never reached one do not count. */
  readonly numberOf: (attempt: Attempt) => number
}

class Announcer {
  readonly #settings: SendOnSettings
  readonly #host: Host

  constructor(settings: SendOnSettings, host: Host) {
    this.#settings = settings
    this.#host = host
  }

  /** The headers of an attempt: its own list when there is nothing to tell. */
  headersOf(attempt: Attempt): HeaderList {
    const { call, number } = attempt
    const above = call.context.get(inherited)
    if (above === undefined && number === 1 && !this.#settings.always) return attempt.headers
    const withNumber = this.#withNumber(attempt, (above?.attempt ?? 1) - 1)
    const tells = this.#settings.always || above !== undefined
    return tells && call.deadline !== Number.POSITIVE_INFINITY ? this.#withDeadline(attempt, withNumber) : withNumber
  }

  /** A repetition of the request above counts, too, so that whole chains know that they are being repeated. */
  #withNumber(attempt: Attempt, above: number): HeaderList {
    const { attemptHeader, numberOf } = this.#settings
    if (attemptHeader === false) return attempt.headers
    const number = numberOf(attempt) + above
    return number > 1 ? withHeader(attempt.headers, attemptHeader, String(number)) : attempt.headers
  }

  #withDeadline(attempt: Attempt, list: HeaderList): HeaderList {
    const { headers, limitOf } = this.#settings
    const leftMs = Math.min(attempt.call.deadline - this.#host.clock.now(), limitOf(attempt))
    let told = list
    for (const header of headers) {
      const own = headerOf(list, header)
      const ownMs = own === undefined ? undefined : readDeadlineHeader(header, own)
      // The caller may have promised less than the mesh knows of.
      if (ownMs === undefined || ownMs > leftMs) told = withHeader(told, header, writeDeadlineHeader(header, leftMs))
    }
    return told
  }
}

/**
 * Tells the server how long its answer is waited for, and which attempt it sees.
 *
 * @param settings see {@link SendOnSettings}.
 * @param host time.
 * @returns a layer inside the attempt timeout.
 */
export function sendOn(settings: SendOnSettings, host: Host): Layer<Attempt> {
  const announcer = new Announcer(settings, host)
  return (next) => (attempt) => {
    const headers = announcer.headersOf(attempt)
    return next(headers === attempt.headers ? attempt : attempt.with({ headers }))
  }
}
