import { BodyFeed } from '../../../../src/call/body-feed.ts'
import { callPriority } from '../../../../src/call/call-options.ts'
import { ContextValues } from '../../../../src/call/context-values.ts'
import { type Outcome, replied } from '../../../../src/call/outcome.ts'
import { ReplyBody } from '../../../../src/call/reply-body.ts'
import { ConcurrencyGate, type GateSettings } from '../../../../src/policies/concurrency/concurrency-gate.ts'
import { WatchedLimit } from '../../../../src/policies/concurrency/watched-limit.ts'
import { type TestCallParts, testCall } from '../../../../src/testing/test-call.ts'
import { testHost } from '../../../../src/testing/test-host.ts'
import { testReply } from '../../../../src/testing/test-reply.ts'

/** A gate over a server that answers when it is told to. */
export function testGate(limit: number, settings: Partial<GateSettings> = {}) {
  const host = testHost()
  const gate = new ConcurrencyGate(host)
  const use = (most: number) =>
    gate.use({ queue: 1_024, queueTimeoutMs: Number.POSITIVE_INFINITY, enforce: 1, ...settings, limit: new WatchedLimit(most, host) })
  use(limit)
  /** Calls that got through, by name, with what answers them. */
  const under: { readonly name: string; readonly answer: (outcome: Outcome) => void }[] = []
  const send = gate.layer((call) => new Promise((resolve) => under.push({ name: call.path, answer: resolve })))
  const begin = (name: string, priority = 5, parts: TestCallParts = {}) => {
    const context = new ContextValues()
    context.set(callPriority, priority)
    return send(testCall({ path: name, context, startedAt: host.clock.now(), ...parts }))
  }
  /** The oldest call under way is answered; its body is over when the feed is ended. */
  const head = async () => {
    const feed = new BodyFeed({ pause: () => {}, resume: () => {}, abort: () => {} }, undefined)
    under.shift()?.answer(replied({ ...testReply(), body: new ReplyBody(feed) }))
    await host.clock.settle()
    return feed
  }
  /** The same, body and all. */
  const answer = async () => {
    const feed = await head()
    feed.end()
    await host.clock.settle()
  }
  return { host, gate, use, begin, head, answer, names: () => under.map(({ name }) => name) }
}
