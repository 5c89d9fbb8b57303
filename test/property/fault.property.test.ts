import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BodyFeed, bodyBufferBytes } from '../../src/call/body-feed.ts'
import { ReplyBody } from '../../src/call/reply-body.ts'
import { MeshError } from '../../src/errors/mesh-error.ts'
import { type FaultOptions, fixed, type MirrorOptions, mesh } from '../../src/index.ts'
import { ShapedBody } from '../../src/policies/fault/shaped-body.ts'
import { fakeClock, type ScriptedAnswer, scriptedTransport, seededRandom } from '../../src/testing/index.ts'

const lost = new MeshError('BODY_TIMEOUT', 'gone', { service: 'orders', sent: true })
const cutError = new MeshError('CONNECTION_LOST', 'cut', { service: 'orders', sent: true })

type Act = 'push' | 'read' | 'wait' | 'discard' | 'abort' | 'end' | 'fail'
const act = fc.tuple(
  fc.constantFrom<Act>('push', 'push', 'push', 'read', 'read', 'wait', 'wait', 'discard', 'abort', 'end', 'fail'),
  fc.constantFrom(1, 7, 100, bodyBufferBytes),
)
const shape = fc.record({
  cutAfterBytes: fc.constantFrom(Number.POSITIVE_INFINITY, 0, 5, 100, 70_000),
  bytesPerSecond: fc.constantFrom(Number.POSITIVE_INFINITY, 16, 1_000, 1e7),
})

test('whatever happens to a body that is spoiled, its bytes come in order, both ends are over together, and no timer is left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 25 }), shape, fc.boolean(), async (acts, spoiled, announced) => {
      const total = acts.reduce((sum, [what, size]) => sum + (what === 'push' ? size : 0), 0)
      const clock = fakeClock({ turns: 0 })
      const feed = new BodyFeed({ pause: () => {}, resume: () => {}, abort: () => {} }, announced ? total : undefined)
      const inner = new ReplyBody(feed)
      const body = ShapedBody.over(inner, announced ? total : undefined, spoiled, clock, () => cutError)
      let over = 0
      let innerOver = 0
      body.whenOver({ bodyOver: () => void (over += 1) })
      inner.whenOver({ bodyOver: () => void (innerOver += 1) })
      let sent = 0
      let got = 0
      let givenUp = false
      let reading: Promise<void> | undefined
      const read = async () => {
        try {
          for (const byte of (await body.read()) ?? []) {
            assert.equal(byte, got % 251, 'a byte is out of its place')
            got += 1
          }
        } catch (error) {
          assert.ok(MeshError.is(error), String(error))
        }
        reading = undefined
      }
      for (const [what, size] of acts) {
        if (what === 'push' && !feed.over) {
          feed.push(Uint8Array.from({ length: size }, (_, i) => (sent + i) % 251))
          sent += size
        }
        if (what === 'read' && reading === undefined && !givenUp) reading = read()
        if (what === 'wait') await clock.advance(size)
        if (what === 'discard' && reading === undefined) {
          givenUp = true
          body.discard()
        }
        if (what === 'abort') body.abort(lost)
        if (what === 'end') feed.end()
        if (what === 'fail') feed.fail(lost)
        await clock.advance(0)
      }
      feed.end()
      for (let i = 0; i < 400 && over === 0 && !givenUp; i += 1) {
        reading ??= read()
        await clock.advance(60_000)
      }
      await clock.advance(60_000)
      assert.deepEqual([over, innerOver], [1, 1])
      assert.ok(got <= Math.min(sent, spoiled.cutAfterBytes), `${got} bytes of ${sent}, cut after ${spoiled.cutAfterBytes}`)
      clock.assertIdle()
    }),
    { numRuns: 150 },
  )
})

const share = fc.constantFrom(0, 0.3, 1)
const fault: fc.Arbitrary<FaultOptions> = fc.record({
  delay: fc.record({ share, time: fc.constantFrom(1, '80ms', '2s'), where: fc.constantFrom('request', 'reply') }),
  abort: fc.oneof(
    fc.record({ share, status: fc.constantFrom(200, 404, 503) }),
    fc.record({ share, error: fc.constantFrom('reset', 'refused', 'timeout') }),
  ),
  cutBody: fc.record({ share, afterBytes: fc.constantFrom(0, 3, 1_000) }),
  throttle: fc.record({ share, bytesPerSecond: fc.constantFrom(1, 20, 10_000) }),
  maxActive: fc.constantFrom(1, 3, 100),
  maxActiveShare: fc.constantFrom(0.2, 1),
}) as fc.Arbitrary<FaultOptions>
const mirror: fc.Arbitrary<Omit<MirrorOptions, 'to'>> = fc.record({
  share,
  maxInFlight: fc.constantFrom(1, 4, 100),
  maxBodyBytes: fc.constantFrom(0, 5, 65_536),
  deadline: fc.constantFrom('50ms', '1s'),
  retry: fc.boolean(),
})
const answers: fc.Arbitrary<ScriptedAnswer> = fc.constantFrom<ScriptedAnswer>(
  { body: 'a reply of some length', latencyMs: 5 },
  { body: ['in ', 'pieces'], pieceMs: 30 },
  { status: 503 },
  { error: 'CONNECTION_LOST', latencyMs: 3 },
  { body: ['half'], cut: { error: 'CONNECTION_LOST' } },
  'hang',
)

/** Where a caller leaves, how it sends, and what it does with its reply. */
const caller = fc.record({
  body: fc.constantFrom('none', 'text', 'stream'),
  leavesAfterMs: fc.constantFrom(undefined, undefined, 0, 3, 60),
  reads: fc.boolean(),
})

test('whatever faults and mirrors there are, every call ends once, copies never exceed their bounds, and nothing is left open', async () => {
  await fc.assert(
    fc.asyncProperty(
      fault,
      mirror,
      fc.array(answers, { minLength: 1, maxLength: 4 }),
      fc.array(caller, { maxLength: 8 }),
      fc.nat(),
      async (faults, copies, script, callers, seed) => {
        const clock = fakeClock()
        const transport = scriptedTransport(() => script[transport.begun % script.length] as ScriptedAnswer)
        const net = mesh({ clock, transport, random: seededRandom(seed) })
          .service('orders', (s) =>
            s
              .resolve(fixed(['http://a:1', 'http://b:1']))
              .deadline('3s')
              .fault(faults)
              .mirror({ to: 'copies', ...copies }),
          )
          .service('copies', (s) => s.resolve(fixed(['http://c:1'])))
          .build()
        const calls = callers.map(async ({ body, leavesAfterMs, reads }) => {
          const leave = new AbortController()
          if (leavesAfterMs !== undefined) clock.schedule(leavesAfterMs, () => leave.abort())
          const sent = body === 'stream' ? new Blob(['a stream']).stream() : body === 'text' ? 'text' : undefined
          const init = { method: sent === undefined ? 'GET' : 'POST', body: sent, duplex: 'half', signal: leave.signal } as RequestInit
          try {
            const response = await net.fetch('http://orders/', init)
            if (reads) await response.text()
            else await response.body?.cancel()
          } catch {
            // Whatever it is, it ended.
          }
        })
        for (let ms = 0; ms < 8_000; ms += 100) {
          await clock.advance(100)
          const { mirror: now } = net.snapshot().services.orders ?? assert.fail()
          assert.ok((now?.inFlight ?? 0) <= (copies.maxInFlight ?? 0), `${now?.inFlight} copies`)
        }
        await clock.until(Promise.all(calls))
        const { orders } = net.snapshot().services
        assert.ok(orders?.mirror !== undefined && orders.fault !== undefined)
        const { sent, answered, failed } = orders.mirror
        assert.deepEqual([orders.mirror.inFlight, orders.fault.active, orders.calls.inFlight, sent - answered - failed], [0, 0, 0, 0])
        assert.ok(orders.endpoints.every(({ inFlight }) => inFlight === 0))
        await clock.until(net.close())
        transport.assertIdle()
        clock.assertIdle()
      },
    ),
    { numRuns: 60 },
  )
})
