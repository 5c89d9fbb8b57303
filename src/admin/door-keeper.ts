import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isLoopback } from './admin-options.ts'

/** Why somebody is turned away. */
export interface Refusal {
  readonly status: number
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What every request that acts must carry: a page of another origin cannot send it without asking first, and nobody answers that. */
export const actionHeader = 'x-proxyless-admin'

const forwarded = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via']

/**
 * Who may look, and who may act?
 *
 * With a token: whoever has it. Without one: programs of this machine that call it by a loopback name, so that a page of some other site whose
 * name suddenly means 127.0.0.1 gets nothing, and nothing that came through a proxy. In both cases, a browser only from the page itself.
 */
export class DoorKeeper {
  readonly #digest: Buffer | undefined

  /** @param token see `AdminHandlerOptions.token`. */
  constructor(token: string | undefined) {
    this.#digest = token === undefined ? undefined : digestOf(token)
  }

  /** Whether the page must be told a token. */
  get wantsToken(): boolean {
    return this.#digest !== undefined
  }

  /** Turns away who may not see the page itself, which holds no secret. */
  refuseGuest(request: IncomingMessage): Refusal | undefined {
    return this.wantsToken ? undefined : this.#refuseStranger(request)
  }

  /** Turns away who may not read. */
  refuseReader(request: IncomingMessage): Refusal | undefined {
    return this.refuseGuest(request) ?? this.#refuseWithoutToken(request) ?? refuseOtherOrigin(request)
  }

  /** Turns away who may not act. */
  refuseActor(request: IncomingMessage): Refusal | undefined {
    const refusal = this.refuseReader(request)
    if (refusal !== undefined) return refusal
    if (request.headers[actionHeader] === undefined) return { status: 403, message: `the header ${actionHeader} is missing` }
    const type = request.headers['content-type'] ?? ''
    if (!/^application\/json\s*(;|$)/i.test(type)) return { status: 415, message: 'expected content-type: application/json' }
    return undefined
  }

  #refuseStranger(request: IncomingMessage): Refusal | undefined {
    if (!isLoopback(request.socket.remoteAddress ?? '')) return { status: 403, message: 'without a token, only this machine is answered' }
    if (forwarded.some((name) => request.headers[name] !== undefined)) {
      return { status: 403, message: 'without a token, nothing that came through a proxy is answered' }
    }
    const { host = '' } = request.headers
    if (!isLoopback(hostName(host)))
      return { status: 421, message: `without a token, expected a loopback name as host, got ${JSON.stringify(host)}` }
    return undefined
  }

  #refuseWithoutToken({ headers }: IncomingMessage): Refusal | undefined {
    if (this.#digest === undefined) return undefined
    const given = /^Bearer +([\x21-\x7e]+)$/i.exec(headers.authorization ?? '')?.[1]
    // Digests have one length, so that comparing them tells nothing of the length of the token either.
    if (given !== undefined && timingSafeEqual(digestOf(given), this.#digest)) return undefined
    const message = given === undefined ? 'expected authorization: Bearer with the token' : 'the token is wrong'
    return { status: 401, message, headers: { 'www-authenticate': 'Bearer realm="proxyless admin"' } }
  }
}

function refuseOtherOrigin({ headers }: IncomingMessage): Refusal | undefined {
  const { origin, host = '' } = headers
  const site = headers['sec-fetch-site']
  const elsewhere =
    (origin !== undefined && hostOf(origin) !== host.toLowerCase()) || (site !== undefined && site !== 'same-origin' && site !== 'none')
  return elsewhere ? { status: 403, message: 'pages of another origin are not answered' } : undefined
}

function hostOf(origin: string): string | undefined {
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase()
}

/** A `Host` header without its port. */
function hostName(host: string): string {
  return host.replace(/:\d*$/, '')
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
