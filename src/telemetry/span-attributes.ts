/** What spans say. The names are those of OpenTelemetry's stable semantic conventions for HTTP clients; what those do not know begins with `proxyless.`. */
import { isIP } from 'node:net'
import type { Attempt } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import { callRoute, pathBeforeRewrite } from '../call/call-route.ts'
import { mirrorOf } from '../call/mirror-of.ts'
import type { Outcome } from '../call/outcome.ts'
import type { Verdict } from '../call/verdict.ts'
import { failedStatus, type OtelAttributes, type OtelSpan } from './otel-api.ts'
import { redactPath } from './redact-path.ts'

type Attributes = Record<string, string | number | boolean>

const knownMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'])

/**
 * The name of an attempt's span: its method, and the template of its path if a route has one; never the path itself, of which there may be any
 * number.
 */
export function attemptName(method: string, template: string | undefined): string {
  const name = knownMethods.has(method) ? method : 'HTTP'
  return template === undefined ? name : `${name} ${template}`
}

/** A method as metrics and spans tell it: one that the standards do not know is `_OTHER`, of which there may be any number. */
export function methodLabel(method: string): string {
  return knownMethods.has(method) ? method : '_OTHER'
}

/** The server that a URL names. */
export interface ServerAddress {
  /** Host name or IP address, without brackets. */
  readonly address: string
  /** Its port. */
  readonly port: number | undefined
}

/** Takes an authority apart; the port is that of the protocol where none is given. */
export function serverOf(authority: string, protocol: string): ServerAddress {
  const host = withoutUser(authority)
  const [, name = host, port] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(host) ?? []
  return { address: name.replace(/^\[(.*)\]$/, '$1'), port: port === undefined ? (protocol === 'https:' ? 443 : 80) : Number(port) }
}

/** Most sets of {@link StartAttributes} that are kept. */
const mostKept = 64

/** What a sampler may look at: the few attributes that are known of an attempt before anything is built for it. */
export class StartAttributes {
  readonly #known = new Map<string, OtelAttributes>()

  /** The same object for the same method and server. */
  of({ call, endpoint }: Attempt): OtelAttributes {
    const key = `${call.method} ${endpoint.protocol} ${call.authority}`
    let attributes = this.#known.get(key)
    if (attributes === undefined) {
      if (this.#known.size >= mostKept) this.#known.clear()
      attributes = Object.freeze(startAttributes(call, endpoint.protocol))
      this.#known.set(key, attributes)
    }
    return attributes
  }
}

function startAttributes({ method, authority }: Call, protocol: string): Attributes {
  const known = methodLabel(method)
  const { address, port } = serverOf(authority, protocol)
  return {
    'http.request.method': known,
    ...(known === method ? {} : { 'http.request.method_original': method }),
    'server.address': address,
    'server.port': port as number,
  }
}

function withoutUser(authority: string): string {
  return authority.slice(authority.lastIndexOf('@') + 1)
}

/**
 * What is told of an attempt that begins.
 *
 * @param attempt the attempt.
 * @param resends how often the request was sent before, redirects included.
 * @param secrets see {@link redactPath}.
 */
export function attemptAttributes(attempt: Attempt, resends: number, secrets: ReadonlySet<string>): OtelAttributes {
  const { call, endpoint, path } = attempt
  const attributes: Attributes = {
    'url.full': `${endpoint.protocol}//${withoutUser(call.authority)}${redactPath(path, secrets)}`,
    'proxyless.service': call.service,
    'proxyless.endpoint': endpoint.address,
  }
  const route = call.context.get(callRoute)
  if (route !== undefined) {
    attributes['proxyless.route'] = route.name
    if (route.template !== undefined) attributes['url.template'] = route.template
    const before = call.context.get(pathBeforeRewrite)
    if (before !== undefined) attributes['proxyless.path_before_rewrite'] = redactPath(before, secrets)
  }
  if (call.context.get(mirrorOf) !== undefined) attributes['proxyless.mirrored'] = true
  if (resends > 0) attributes['http.request.resend_count'] = resends
  if (attempt.number > 1) attributes['proxyless.attempt'] = attempt.number
  if (endpoint.socketPath !== undefined) attributes['network.peer.address'] = endpoint.socketPath
  else if (isIP(endpoint.hostname) !== 0) {
    attributes['network.peer.address'] = endpoint.hostname
    attributes['network.peer.port'] = endpoint.port
  }
  if (endpoint.locality.zone !== '') attributes['proxyless.zone'] = endpoint.locality.zone
  return attributes
}

/** Tells how an attempt ended. A caller that left, and an attempt that another one was faster than, did nothing wrong. */
export function tellAttemptEnded(span: OtelSpan, outcome: Outcome, verdict: Verdict): void {
  const attributes: Attributes = { 'proxyless.verdict': verdict.kind }
  if (outcome.ok) {
    const { status } = outcome.reply
    attributes['http.response.status_code'] = status
    if (status >= 400) attributes['error.type'] = String(status)
    span.setAttributes(attributes)
    if (status >= 400) span.setStatus({ code: failedStatus })
    return
  }
  const { code, message } = outcome.error
  if (code !== 'ABORTED') attributes['error.type'] = code
  span.setAttributes(attributes)
  if (code !== 'ABORTED') span.setStatus({ code: failedStatus, message })
}

/** Tells how a call ended: it failed when its last attempt was judged a failure, or there was none. */
export function tellCallEnded(span: OtelSpan, outcome: Outcome, attempts: number, verdict: Verdict | undefined): void {
  const attributes: Attributes = { 'proxyless.attempts': attempts }
  let failure: { readonly code: number; readonly message?: string } | undefined
  if (outcome.ok) {
    const { status } = outcome.reply
    attributes['http.response.status_code'] = status
    if (verdict?.kind === 'failure') {
      attributes['error.type'] = String(status)
      failure = { code: failedStatus }
    }
  } else if (outcome.error.code !== 'ABORTED') {
    attributes['error.type'] = outcome.error.code
    failure = { code: failedStatus, message: outcome.error.message }
  }
  span.setAttributes(attributes)
  if (failure !== undefined) span.setStatus(failure)
}
