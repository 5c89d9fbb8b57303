import { type BodyListener, bodyBufferBytes, type FeedReader } from '../../call/body-feed.ts'
import { Call } from '../../call/call.ts'
import { BytesBody, noBody } from '../../call/call-body.ts'
import { callPriority, hashKey, lastPriority, repeatable } from '../../call/call-options.ts'
import type { Cancellation } from '../../call/cancellation.ts'
import { ContextValues } from '../../call/context-values.ts'
import { type HeaderList, headerOf, withHeader } from '../../call/header-list.ts'
import { clientAddress } from '../../call/inbound-call.ts'
import { mirrorOf } from '../../call/mirror-of.ts'
import type { ReplyBody } from '../../call/reply-body.ts'
import type { MirrorSettings } from './mirror-options.ts'

/**
 * Makes the copy of a call: marked, with a deadline of its own, and less important than any call that somebody waits for.
 *
 * @param original the call.
 * @param bytes its body, which nobody changes.
 * @param settings see {@link MirrorSettings}.
 * @param authority the host that the target wants to be called by, if it does.
 * @param now monotonic time, in milliseconds.
 * @param cancellation ends the copy.
 */
export function copyOf(
  original: Call,
  bytes: Uint8Array,
  settings: MirrorSettings,
  authority: string | undefined,
  now: number,
  cancellation: Cancellation,
): Call {
  const context = new ContextValues()
  context.set(mirrorOf, original)
  context.set(callPriority, lastPriority)
  if (!settings.retry) context.set(repeatable, false)
  const key = original.context.get(hashKey)
  if (key !== undefined) context.set(hashKey, key)
  const client = original.context.get(clientAddress)
  if (client !== undefined) context.set(clientAddress, client)
  return new Call({
    service: settings.service,
    method: original.method,
    path: original.path,
    authority: withSuffix(authority ?? original.authority, settings.hostSuffix),
    headers: markedHeaders(original.headers, settings),
    body: bytes.byteLength === 0 ? noBody : new BytesBody(bytes),
    idempotent: original.idempotent,
    startedAt: now,
    deadline: now + settings.deadlineMs,
    cancellation,
    subset: settings.subset,
    context,
  })
}

function markedHeaders(headers: HeaderList, { header, hostSuffix, dropHeaders }: MirrorSettings): HeaderList {
  let marked = headers
  for (const name of dropHeaders) marked = withHeader(marked, name, undefined)
  const host = hostSuffix === '' ? undefined : headerOf(marked, 'host')
  if (host !== undefined) marked = withHeader(marked, 'host', withSuffix(host, hostSuffix))
  return header === false ? marked : withHeader(marked, header, '1')
}

/** As Envoy does it: behind the name, before the port. */
function withSuffix(authority: string, suffix: string): string {
  return suffix === '' ? authority : authority.replace(/(:\d+)?$/, (port) => `${suffix}${port}`)
}

/** Reads a reply that nobody wants, so that its connection can be used again; one that is long is cut off. */
class Drainage implements FeedReader {
  readonly #body: ReplyBody
  #bytes = 0

  constructor(body: ReplyBody) {
    this.#body = body
  }

  piece(chunk: Uint8Array | undefined): void {
    if (chunk === undefined) return
    this.#bytes += chunk.byteLength
    if (this.#bytes > bodyBufferBytes) this.#body.discard()
  }

  failed(): void {
    // Nobody waits for it.
  }
}

/**
 * Lets the body of a reply go by.
 *
 * @param body what nobody reads.
 * @param over told when it is over.
 */
export function drain(body: ReplyBody, over: BodyListener): void {
  body.whenOver(over)
  if (!body.over) body.flow(new Drainage(body))
}
