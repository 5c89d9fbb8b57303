import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BodyFeed, bodyBufferBytes } from '../../src/call/body-feed.ts'
import { ReplyBody } from '../../src/call/reply-body.ts'
import { MeshError } from '../../src/errors/mesh-error.ts'

const lost = new MeshError('CONNECTION_LOST', 'gone', { service: 'orders', sent: true })

type Act = 'push' | 'read' | 'gather' | 'discard' | 'abort' | 'end' | 'fail'
const sizes = [0, 1, 100, bodyBufferBytes / 2, bodyBufferBytes]
const act = fc.tuple(
  fc.constantFrom<Act>('push', 'push', 'push', 'read', 'read', 'read', 'gather', 'discard', 'abort', 'end', 'fail'),
  fc.constantFrom(...sizes),
)

test('whatever happens in whatever order, the reader gets what was sent, and the body is over at most once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 40 }), fc.boolean(), async (acts, announced) => {
      const total = acts.reduce((sum, [what, size]) => sum + (what === 'push' ? size : 0), 0)
      let paused = false
      let aborted = 0
      const source = {
        pause() {
          assert.ok(!paused, 'paused while paused')
          paused = true
        },
        resume() {
          assert.ok(paused, 'resumed while running')
          paused = false
        },
        abort() {
          aborted += 1
        },
      }
      const feed = new BodyFeed(source, announced ? total : undefined)
      const body = new ReplyBody(feed)
      let over = 0
      body.whenOver({ bodyOver: () => void (over += 1) })

      let sent = 0
      let got = 0
      let failed = false
      let ended = false
      let reading: Promise<unknown> | undefined
      let givenUp = false
      let gathering = false
      const take = (chunk: Uint8Array | undefined): void => {
        for (const byte of chunk ?? []) {
          assert.equal(byte, got % 251, 'a byte is out of its place')
          got += 1
        }
      }
      for (const [what, size] of acts) {
        if (what === 'push' && !ended) {
          feed.push(Uint8Array.from({ length: size }, (_, i) => (sent + i) % 251))
          sent += size
        }
        // One read at a time, and none after the body was given up: that is the contract of its readers.
        if (what === 'read' && reading === undefined && !givenUp && !gathering) {
          reading = body.read().then(take, (error) => {
            assert.equal(error, lost)
            failed = true
          })
          void reading.then(() => {
            reading = undefined
          })
        }
        if (what === 'gather' && reading === undefined && !givenUp && !gathering) {
          gathering = true
          void Promise.resolve(body.gather()).then(
            (chunks) => chunks.forEach(take),
            (error) => {
              assert.equal(error, lost)
              failed = true
            },
          )
        }
        if (what === 'discard' && reading === undefined && !gathering) {
          body.discard()
          givenUp = true
        }
        if (what === 'abort') {
          if (!body.over) givenUp = true
          body.abort(lost)
        }
        if (what === 'end' && !ended) {
          feed.end()
          ended = true
        }
        if (what === 'fail' && !ended) {
          feed.fail(lost)
          ended = true
        }
        for (let i = 0; i < 4; i += 1) await null
      }
      assert.ok(got <= sent)
      assert.ok(aborted <= 1)
      assert.equal(over, body.over ? 1 : 0)
      if (gathering && !failed && feed.over && feed.error === undefined && !givenUp) assert.equal(got, sent)
    }),
    { numRuns: 400 },
  )
})
