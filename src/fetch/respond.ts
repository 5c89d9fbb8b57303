import { replyHeader } from '../call/header-list.ts'
import type { Reply } from '../call/reply.ts'
import { badReply, fetchFailed } from './bad-reply.ts'
import { mostCodings, readCodings } from './content-codings.ts'
import { DecodedContent } from './decoded-content.ts'
import type { Destination } from './destination.ts'
import type { FetchRequest } from './fetch-request.ts'
import { matchesIntegrity } from './integrity.ts'
import type { Journey } from './journey.ts'
import { LeanResponse } from './lean-response.ts'
import { type Content, MemoryContent, ResponseBody } from './response-body.ts'

function hasNoBody(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 205 || status === 304 || status === 101 || status === 103
}

/**
 * Makes the response of a reply that is the last of its journey: decoded, checked, and bound to the caller's signal.
 *
 * @param request what was sent.
 * @param reply what came.
 * @param destination who carried it.
 * @param journey the hops that led there.
 * @throws TypeError `fetch failed` for a reply that no caller may have: a 407, one that is not what `init.integrity` says, one coded too often.
 */
export function respond(request: FetchRequest, reply: Reply, destination: Destination, journey: Journey): Response | Promise<Response> {
  const { link, type } = journey
  const redirected = journey.redirects > 0
  const { status, statusText, headers, body } = reply
  const head = {
    status,
    statusText,
    headers,
    url: request.target.href,
    redirected,
    type,
    ending: body,
    call: journey.last,
    teller: destination.teller,
  }
  request.upload?.settle()
  const { integrity } = request.options
  if (status === 407) {
    link?.release()
    body.discard()
    throw fetchFailed(badReply(destination, journey, 'proxy authentication required'))
  }
  if (type === 'cors' && request.options.header.mode === 'no-cors') {
    link?.release()
    body.discard()
    return new LeanResponse({ ...head, status: 0, statusText: '', headers: {}, type: 'opaque' }, undefined)
  }
  if (hasNoBody(request.method, status)) {
    link?.release()
    body.discard()
    if (integrity !== '') throw fetchFailed(badReply(destination, journey, 'integrity mismatch: the reply has no body'))
    return new LeanResponse(head, undefined)
  }
  const encoding = headers['content-encoding'] === undefined ? undefined : replyHeader(headers, 'content-encoding')
  const content = encoding === undefined ? body : decoded(body, encoding, destination, journey)
  if (content === undefined) {
    link?.release()
    const error = badReply(destination, journey, `the reply's content-encoding names more than ${mostCodings} codings`)
    body.abort(error)
    throw fetchFailed(error)
  }
  const responseBody = new ResponseBody(content, request.signal)
  if (link !== undefined) {
    if (!body.over) link.guard(responseBody)
    body.whenOver(link)
  }
  if (integrity === '') return new LeanResponse(head, responseBody)
  return checked(responseBody, integrity, destination, journey).then((safe) => new LeanResponse(head, safe))
}

function decoded(body: Content, encoding: string, destination: Destination, { last }: Journey): Content | undefined {
  const codings = readCodings(encoding)
  if (codings === 'too-many') return undefined
  if (codings.length === 0) return body
  const message = `the reply's body cannot be decoded (content-encoding: ${encoding})`
  return new DecodedContent(body, codings, (cause) => badReply(destination, { last }, `${message}: ${cause.message}`, cause))
}

async function checked(body: ResponseBody, integrity: string, destination: Destination, journey: Journey): Promise<ResponseBody> {
  const pieces = await body.gather()
  if (!matchesIntegrity(pieces, integrity))
    throw fetchFailed(badReply(destination, journey, 'integrity mismatch: the reply is not what init.integrity says'))
  return body.over(new MemoryContent(pieces))
}
