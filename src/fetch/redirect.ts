import { noBody } from '../call/call-body.ts'
import { replyHeader } from '../call/header-list.ts'
import type { Reply } from '../call/reply.ts'
import type { FetchRequest } from './fetch-request.ts'
import { isGetOrHead } from './method.ts'
import { redirectReferrer } from './referrer.ts'
import type { RequestOptions } from './request-options.ts'
import { targetOf, type UrlTarget } from './url-target.ts'

/** Most redirects of one fetch, by the fetch standard. */
export const mostRedirects = 20

const bodyHeaders: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
  'content-length',
])

const credentialHeaders: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie'])

/** Whether a status says that the answer is elsewhere. */
export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308
}

/** What becomes of a redirect: another request, the reply itself because it does not say where, or a failure in words. */
export type Redirection = { readonly request: FetchRequest } | 'stay' | { readonly problem: string }

/**
 * Works out the request that follows a redirect, by the fetch standard's "HTTP-redirect fetch": 303, and 301 or 302 of a POST, become a
 * GET; going to another origin takes the credentials away.
 *
 * @param request the request that was answered.
 * @param reply the redirect.
 * @param count redirects followed so far.
 */
export function followRedirect(request: FetchRequest, reply: Reply, count: number): Redirection {
  const location = replyHeader(reply.headers, 'location')
  if (location === undefined) return 'stay'
  let target: UrlTarget
  try {
    target = targetOf(new URL(toUtf8(location), request.target.href))
  } catch {
    return { problem: `redirected to ${JSON.stringify(location)}, which is not an http or https URL without credentials` }
  }
  if (count >= mostRedirects) return { problem: `redirect count exceeded: more than ${mostRedirects} redirects` }
  const isSameOrigin = target.origin.text === request.target.origin.text
  if (!isSameOrigin && request.options.header.mode === 'same-origin') {
    return { problem: `redirected to ${target.origin.text} although init.mode is 'same-origin'` }
  }
  let { method, headers, body } = request
  const { status } = reply
  const becomesGet = status === 303 ? !isGetOrHead(method) : (status === 301 || status === 302) && method === 'POST'
  if (status !== 303 && !body.sendable) return { problem: `redirected with ${status}, but the body was a stream and cannot be sent again` }
  if (becomesGet) {
    method = 'GET'
    body = noBody
    headers = headers.without(bodyHeaders)
  }
  if (!isSameOrigin) headers = headers.without(credentialHeaders)
  const options = redirectOptions(request, reply)
  const upload = becomesGet ? undefined : request.upload
  return { request: { ...request, target, method, headers, body, options, upload, source: undefined } }
}

function redirectOptions({ options, target }: FetchRequest, { headers }: Reply): RequestOptions {
  if (options.referrer === undefined) return options
  return { ...options, referrer: redirectReferrer(options.referrer, target, replyHeader(headers, 'referrer-policy') ?? '') }
}

/** Servers send addresses as UTF-8 without encoding them; a header is read as Latin-1. */
function toUtf8(location: string): string {
  return /[^\x20-\x7e]/.test(location) ? Buffer.from(location, 'latin1').toString('utf8') : location
}
