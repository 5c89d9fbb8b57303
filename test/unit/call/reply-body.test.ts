import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BodyFeed, bodyBufferBytes } from '../../../src/call/body-feed.ts'
import { ReplyBody } from '../../../src/call/reply-body.ts'
import { MeshError } from '../../../src/errors/mesh-error.ts'

const lost = new MeshError('CONNECTION_LOST', 'gone', { service: 'orders', sent: true })

/** A wire that keeps what it was told, with both ends of a body on it. */
function wire(length?: number) {
  const told: string[] = []
  const reasons: unknown[] = []
  const feed = new BodyFeed(
    {
      pause: () => told.push('pause'),
      resume: () => told.push('resume'),
      abort: (reason) => {
        told.push('abort')
        reasons.push(reason)
      },
    },
    length,
  )
  const over: (MeshError | undefined)[] = []
  const body = new ReplyBody(feed)
  body.whenOver({ bodyOver: (error) => over.push(error) })
  return { feed, body, told, reasons, over }
}

const bytes = (size: number, fill = 1): Uint8Array => new Uint8Array(size).fill(fill)
const sizes = (chunks: readonly Uint8Array[]): number[] => chunks.map((chunk) => chunk.byteLength)

test('a body that came as a whole is there at once', () => {
  const { feed, body, over } = wire()
  feed.push(bytes(3))
  feed.push(bytes(4))
  feed.end({ 'x-sum': '7' })
  assert.deepEqual(sizes(body.gather() as Uint8Array[]), [3, 4])
  assert.deepEqual(body.trailers, { 'x-sum': '7' })
  assert.deepEqual(over, [undefined])
})

test('a body that is still coming is gathered to its end', async () => {
  const { feed, body } = wire()
  feed.push(bytes(3))
  const whole = body.gather()
  feed.push(bytes(4))
  feed.end()
  assert.deepEqual(sizes(await whole), [3, 4])
})

test('pieces that wait are read as one, up to what is buffered, and those that come later as they come', async () => {
  const { feed, body } = wire()
  for (const [i, size] of [1, 0, 2, bodyBufferBytes - 3, 4, bodyBufferBytes, 5].entries()) feed.push(bytes(size, i))
  const first = await body.read()
  assert.equal(first?.byteLength, bodyBufferBytes)
  assert.deepEqual([...(first?.subarray(0, 4) ?? [])], [0, 2, 2, 3])
  assert.deepEqual([await body.read(), (await body.read())?.byteLength, await body.read()], [bytes(4, 4), bodyBufferBytes, bytes(5, 6)])
  const next = body.read()
  feed.push(bytes(3))
  assert.equal((await next)?.byteLength, 3)
  feed.end()
  assert.equal(await body.read(), undefined)
  assert.equal(await body.read(), undefined)
})

test('very many small chunks are kept as few, in their order', async () => {
  const { feed, body } = wire()
  for (let i = 0; i < 10_000; i += 1) feed.push(Uint8Array.of(i % 251))
  feed.end()
  const chunks = body.gather() as Uint8Array[]
  assert.ok(chunks.length <= 257, `${chunks.length} chunks`)
  assert.deepEqual(
    [...Buffer.concat(chunks)],
    Array.from({ length: 10_000 }, (_, i) => i % 251),
  )
})

test('a body is drained when it is over and nothing is left of it', async () => {
  const { feed, body } = wire()
  feed.push(bytes(1))
  feed.end()
  assert.deepEqual([body.over, body.drained], [true, false])
  await body.read()
  assert.equal(body.drained, true)
})

test('a piece that was read is a copy', async () => {
  const { feed, body } = wire()
  const shared = bytes(10, 7)
  feed.push(shared.subarray(2, 4))
  const piece = await body.read()
  assert.deepEqual(piece, bytes(2, 7))
  assert.notEqual(piece?.buffer, shared.buffer)
  assert.equal(piece?.buffer.byteLength, 2)
})

test('an empty piece is no end', async () => {
  const { feed, body } = wire()
  const next = body.read()
  feed.push(bytes(0))
  feed.push(bytes(1))
  assert.equal((await next)?.byteLength, 1)
})

test('what was not read when gathering begins is gathered', async () => {
  const { feed, body } = wire()
  feed.push(bytes(1))
  await body.read()
  for (const size of [2, 3]) feed.push(bytes(size))
  feed.end()
  assert.deepEqual(sizes(await body.gather()), [2, 3])
})

test('the wire is paused once when nobody reads and the buffer is full', () => {
  const { feed, told } = wire()
  feed.push(bytes(bodyBufferBytes - 1))
  assert.deepEqual(told, [])
  feed.push(bytes(1))
  feed.push(bytes(5_000))
  assert.deepEqual(told, ['pause'])
})

test('the wire is resumed when the reader has taken more than half of it', async () => {
  const { feed, body, told } = wire()
  for (const size of [bodyBufferBytes / 4, bodyBufferBytes, bodyBufferBytes / 2]) feed.push(bytes(size))
  assert.deepEqual(told, ['pause'])
  await body.read()
  await body.read()
  assert.deepEqual(told, ['pause'])
  await body.read()
  assert.deepEqual(told, ['pause', 'resume'])
  for (let i = 0; i < 2; i += 1) feed.push(bytes(bodyBufferBytes / 2))
  assert.deepEqual(told, ['pause', 'resume', 'pause'])
})

test('gathering resumes the wire, and keeps it going', async () => {
  const { feed, body, told } = wire()
  feed.push(bytes(bodyBufferBytes))
  const whole = body.gather()
  for (let i = 0; i < 5; i += 1) feed.push(bytes(bodyBufferBytes))
  feed.end()
  assert.equal((await whole).length, 6)
  assert.deepEqual(told, ['pause', 'resume'])
})

test('a body that is cut short fails whoever reads it, after what had come', async () => {
  const { feed, body, over } = wire()
  feed.push(bytes(3))
  feed.fail(lost)
  assert.equal((await body.read())?.byteLength, 3)
  await assert.rejects(body.read(), lost)
  await assert.rejects(body.read(), lost)
  assert.deepEqual(over, [lost])
})

test('a body that is cut short is never gathered as if it were whole', async () => {
  const { feed, body } = wire()
  const early = wire()
  const whole = early.body.gather()
  early.feed.push(bytes(3))
  early.feed.fail(lost)
  await assert.rejects(async () => whole, lost)
  feed.push(bytes(3))
  feed.fail(lost)
  await assert.rejects(async () => body.gather(), lost)
})

test('discarding a long or endless rest cuts it off', () => {
  for (const length of [undefined, bodyBufferBytes + 2]) {
    const { feed, body, told, reasons, over } = wire(length)
    feed.push(bytes(1))
    body.discard()
    assert.deepEqual(told, ['abort'])
    assert.deepEqual(reasons, [undefined])
    assert.deepEqual(over, [undefined])
    assert.ok(body.over)
  }
})

test('discarding a short rest lets it through, and the body is over when it has come', () => {
  const { feed, body, told, over } = wire(100)
  feed.push(bytes(60))
  body.discard()
  assert.deepEqual(over, [])
  assert.ok(!body.over)
  feed.push(bytes(40))
  feed.end()
  assert.deepEqual(over, [undefined])
  assert.deepEqual(told, [])
})

test('a paused wire is resumed for a short rest', () => {
  const { feed, body, told } = wire(bodyBufferBytes + 10)
  feed.push(bytes(bodyBufferBytes))
  body.discard()
  assert.deepEqual(told, ['pause', 'resume'])
})

test('a rest that is let through is not kept, and does not pause the wire again', () => {
  const { feed, body, told } = wire(bodyBufferBytes)
  body.discard()
  feed.push(bytes(bodyBufferBytes))
  feed.end()
  assert.deepEqual(told, [])
  assert.deepEqual(body.gather(), [])
})

test('a short rest that fails while it is let through ends the body with its error', () => {
  const { feed, body, over } = wire(100)
  body.discard()
  feed.fail(lost)
  assert.deepEqual(over, [lost])
})

test('aborting fails the reader and cuts the rest off', async () => {
  const { feed, body, told, reasons, over } = wire()
  feed.push(bytes(3))
  await body.read()
  const next = body.read()
  body.abort(lost)
  await assert.rejects(next, lost)
  assert.deepEqual(told, ['abort'])
  assert.deepEqual(reasons, [lost])
  assert.deepEqual(over, [lost])
})

test('a body is over exactly once, whatever happens afterwards', () => {
  const ends: ((ends: ReturnType<typeof wire>) => void)[] = [
    ({ feed }) => feed.end(),
    ({ feed }) => feed.fail(lost),
    ({ body }) => body.discard(),
    ({ body }) => body.abort(lost),
    ({ feed }) => feed.push(bytes(1)),
  ]
  for (const first of ends.slice(0, 4)) {
    for (const second of ends) {
      for (const third of ends) {
        const made = wire()
        first(made)
        const { told } = made
        const before = told.length
        second(made)
        third(made)
        assert.equal(made.over.length, 1)
        assert.equal(told.length, before, 'the wire was told something after the end')
      }
    }
  }
})

test('who asks late whether a body is over is told at once', () => {
  const { feed, body } = wire()
  feed.fail(lost)
  const told: unknown[] = []
  body.whenOver({ bodyOver: (error) => told.push(error) })
  assert.deepEqual(told, [lost])
})
