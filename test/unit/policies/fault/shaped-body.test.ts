import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BodyFeed, type BodySource, bodyBufferBytes } from '../../../../src/call/body-feed.ts'
import { ReplyBody } from '../../../../src/call/reply-body.ts'
import { MeshError } from '../../../../src/errors/mesh-error.ts'
import { type BodyShape, ShapedBody } from '../../../../src/policies/fault/shaped-body.ts'
import { fakeClock } from '../../../../src/testing/index.ts'

/** A wire that notes what it is told. */
class Wire implements BodySource {
  readonly told: string[] = []
  pause(): void {
    this.told.push('pause')
  }
  resume(): void {
    this.told.push('resume')
  }
  abort(reason: MeshError | undefined): void {
    this.told.push(`abort ${reason?.code ?? 'nobody reads'}`)
  }
  taken(): void {
    this.told.push('taken')
  }
}

function shapedBody(shape: Partial<BodyShape>, length?: number) {
  const wire = new Wire()
  const feed = new BodyFeed(wire, length)
  const inner = new ReplyBody(feed)
  const clock = fakeClock()
  const ended: (string | undefined)[] = []
  inner.whenOver({ bodyOver: (error) => ended.push(error?.code) })
  const full = { cutAfterBytes: Number.POSITIVE_INFINITY, bytesPerSecond: Number.POSITIVE_INFINITY, ...shape }
  const cut = () => new MeshError('CONNECTION_LOST', 'cut', { service: 'test', sent: true, injected: true })
  return { wire, feed, clock, ended, body: ShapedBody.over(inner, length, full, clock, cut) }
}

const text = (pieces: readonly Uint8Array[]) => Buffer.concat(pieces).toString()
const bytes = (length: number) => new Uint8Array(length).fill(97)

test('a body is cut off after so many bytes, and the wire is given up', async () => {
  const { feed, wire, body, ended } = shapedBody({ cutAfterBytes: 5 })
  const over: (string | undefined)[] = []
  body.whenOver({ bodyOver: (error) => over.push(error?.code) })
  const first = body.read()
  feed.push(Buffer.from('abc'))
  assert.equal(text([(await first) as Uint8Array]), 'abc')
  feed.push(Buffer.from('defgh'))
  assert.equal(text([(await body.read()) as Uint8Array]), 'de')
  await assert.rejects(body.read(), { code: 'CONNECTION_LOST' })
  assert.deepEqual(over, ['CONNECTION_LOST'])
  assert.deepEqual(ended, ['CONNECTION_LOST'])
  assert.ok(wire.told.includes('abort CONNECTION_LOST'))
})

test('a body that is cut off before its first byte fails at once', async () => {
  const { body, wire } = shapedBody({ cutAfterBytes: 0 }, 10)
  await assert.rejects(async () => body.gather(), { code: 'CONNECTION_LOST' })
  assert.equal(wire.told[0], 'abort CONNECTION_LOST')
})

test('a body that ends before the cut ends as it should, with its trailers', async () => {
  const { feed, body } = shapedBody({ cutAfterBytes: 100 })
  feed.push(Buffer.from('all'))
  feed.end({ checksum: '1' })
  assert.equal(text(await body.gather()), 'all')
  assert.deepEqual(body.trailers, { checksum: '1' })
})

test('a slow body comes in sixteenths of a second, as fast as it may', async () => {
  const { feed, body, clock } = shapedBody({ bytesPerSecond: 1_600 })
  feed.push(bytes(1_000))
  feed.end()
  let read = 0
  let ended = false
  body.flow({
    piece: (chunk) => {
      read += chunk?.byteLength ?? 0
      ended ||= chunk === undefined
    },
    failed: assert.fail,
  })
  assert.equal(read, 100)
  await clock.advance(62.5)
  assert.equal(read, 200)
  await clock.advance(500)
  assert.equal(read, 1_000)
  assert.equal(ended, false)
  await clock.advance(62.5)
  assert.equal(ended, true)
  clock.assertIdle()
})

test('a slow body that is being read does not stand still for its wire', async () => {
  const { feed, wire, body, clock } = shapedBody({ bytesPerSecond: 16 })
  feed.push(bytes(60))
  const all = body.gather()
  wire.told.length = 0
  await clock.advance(3_000)
  assert.ok(wire.told.filter((each) => each === 'taken').length >= 40)
  feed.end()
  await clock.advance(1_000)
  assert.equal(text(await all).length, 60)
  clock.assertIdle()
})

test('a slow body that nobody reads pauses the wire', async () => {
  const { feed, wire, body, clock } = shapedBody({ bytesPerSecond: 1e9 })
  for (let i = 0; i < 5; i += 1) {
    feed.push(bytes(bodyBufferBytes))
    await clock.advance(1_000)
  }
  assert.ok(wire.told.includes('pause'))
  clock.assertIdle()
  let read = 0
  for (let chunk = await body.read(); chunk !== undefined; chunk = await body.read()) {
    read += chunk.byteLength
    await clock.advance(1_000)
    if (read === 5 * bodyBufferBytes) feed.end()
  }
  assert.equal(read, 5 * bodyBufferBytes)
})

test('a failure of the wire goes through at once, also while the body waits', async () => {
  const { feed, body, clock } = shapedBody({ bytesPerSecond: 1 })
  feed.push(bytes(100))
  const all = assert.rejects(async () => body.gather(), { code: 'BODY_TIMEOUT' })
  feed.fail(new MeshError('BODY_TIMEOUT', 'gone', { service: 'test', sent: true }))
  await all
  clock.assertIdle()
})

test('a body that is discarded lets go of the wire, whatever its shape', async () => {
  for (const length of [undefined, 10, 1_000_000]) {
    const { feed, body, clock, wire, ended } = shapedBody({ bytesPerSecond: 2, cutAfterBytes: 8 }, length)
    const over: (string | undefined)[] = []
    body.whenOver({ bodyOver: (error) => over.push(error?.code) })
    feed.push(bytes(4))
    body.discard()
    if (length === 10) {
      feed.push(bytes(6))
      feed.end()
    } else assert.equal(wire.told.at(-1), 'abort nobody reads')
    assert.deepEqual(over, [undefined])
    assert.deepEqual(ended, [undefined])
    clock.assertIdle()
  }
})

test('a body that its reader fails, fails the wire', () => {
  const { feed, body, clock, ended } = shapedBody({ bytesPerSecond: 2 })
  feed.push(bytes(4))
  body.abort(new MeshError('DEADLINE_EXCEEDED', 'late', { service: 'test', sent: true }))
  assert.deepEqual(ended, ['DEADLINE_EXCEEDED'])
  clock.assertIdle()
})
