import { BodyFeed, type BodySource } from '../call/body-feed.ts'
import type { Reply } from '../call/reply.ts'
import { ReplyBody } from '../call/reply-body.ts'
import { bodyLength, bodyPieces, concatenated, lowerCased } from './body-pieces.ts'
import type { ScriptedReply } from './scripted-answer.ts'

const noWire: BodySource = Object.freeze({ pause: () => {}, resume: () => {}, abort: () => {} })

/**
 * A reply that has come as a whole, for the test of a layer or a classifier.
 *
 * @param parts status, headers and body; `200` and nothing else by default.
 * @example
 * ```ts
 * import { defaultClassifier, replied } from 'proxyless'
 * import { testAttempt, testReply } from 'proxyless/testing'
 *
 * console.log(defaultClassifier(replied(testReply({ status: 503 })), testAttempt()).kind) // failure
 * ```
 */
export function testReply(parts: Pick<ScriptedReply, 'status' | 'statusText' | 'headers' | 'body' | 'trailers'> = {}): Reply {
  const { status = 200, statusText = '', headers = {}, body, trailers } = parts
  const feed = new BodyFeed(noWire, bodyLength(body))
  for (const piece of bodyPieces(body)) feed.push(piece)
  feed.end(trailers === undefined ? undefined : lowerCased(trailers))
  return { status, statusText, headers: lowerCased(headers), body: new ReplyBody(feed) }
}

/** The body of a reply as text; rejects as the body fails. */
export async function replyText(reply: Reply): Promise<string> {
  return new TextDecoder().decode(concatenated(await reply.body.gather()))
}
