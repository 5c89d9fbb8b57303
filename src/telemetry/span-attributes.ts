/** What spans say. The names are those of OpenTelemetry's stable semantic conventions for HTTP clients; what those do not know begins with `proxyless.`. */
import type { Attempt } from '../call/attempt.ts'
import { callRoute, pathBeforeRewrite } from '../call/call-route.ts'
import { mirrorOf } from '../call/mirror-of.ts'
import type { Outcome } from '../call/outcome.ts'
import type { Verdict } from '../call/verdict.ts'
import type { MeshError } from '../errors/mesh-error.ts'
import { failedStatus, type OtelSpan, type OtelTime } from './otel-api.ts'
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

/** An authority without a user's name and password. */
export function withoutUser(authority: string): string {
  return authority.slice(authority.lastIndexOf('@') + 1)
}

/**
 * Tells what is out of the ordinary about an attempt that begins; what is not is in {@link SpanStarts}.
 *
 * @param span of the attempt.
 * @param attempt the attempt.
 * @param resends how often the request was sent before, redirects included.
 * @param secrets see {@link redactPath}.
 */
export function tellAttemptBegan(span: OtelSpan, { call, endpoint, number }: Attempt, resends: number, secrets: ReadonlySet<string>): void {
  const { context } = call
  const route = context.get(callRoute)
  if (route !== undefined) {
    span.setAttribute('proxyless.route', route.name)
    if (route.template !== undefined) span.setAttribute('url.template', route.template)
    const before = context.get(pathBeforeRewrite)
    if (before !== undefined) span.setAttribute('proxyless.path_before_rewrite', redactPath(before, secrets))
  }
  if (context.get(mirrorOf) !== undefined) span.setAttribute('proxyless.mirrored', true)
  if (resends > 0) span.setAttribute('http.request.resend_count', resends)
  if (number > 1) span.setAttribute('proxyless.attempt', number)
  // Not kept with the endpoint: discovery may learn of it, or correct it, while the endpoint stays.
  if (endpoint.locality.zone !== '') span.setAttribute('proxyless.zone', endpoint.locality.zone)
}

/** Tells how an attempt ended. A caller that left, and an attempt that another one was faster than, did nothing wrong. */
export function tellAttemptEnded(span: OtelSpan, outcome: Outcome, verdict: Verdict): void {
  span.setAttribute('proxyless.verdict', verdict.kind)
  if (outcome.ok) {
    const { status } = outcome.reply
    span.setAttribute('http.response.status_code', status)
    if (status < 400) return
    span.setAttribute('error.type', String(status))
    span.setStatus({ code: failedStatus })
    return
  }
  const { code, message } = outcome.error
  if (code === 'ABORTED') return
  span.setAttribute('error.type', code)
  span.setStatus({ code: failedStatus, message })
}

/** The events of calls that the mesh itself refuses. */
const refusals: Readonly<Record<string, string | undefined>> = Object.freeze({
  CIRCUIT_OPEN: 'proxyless.circuit_refused',
  RATE_LIMITED: 'proxyless.rate_limited',
  NO_ENDPOINT: 'proxyless.no_endpoint',
})

/** Tells that the mesh refused a call, if that is what it failed with. */
export function tellRefused(span: OtelSpan, { code, facts: { retryAfterMs } }: MeshError, at: OtelTime): void {
  const name = refusals[code]
  if (name !== undefined) span.addEvent(name, retryAfterMs === undefined ? {} : { 'proxyless.retry_after_ms': retryAfterMs }, at)
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
