import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BytesBody, noBody, StreamBody } from '../../../src/call/call-body.ts'

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array([1, 2])
  yield new Uint8Array([3])
}

test('no body is empty and can be sent again and again', () => {
  assert.equal(noBody.length, 0)
  assert.deepEqual(noBody.open(), new Uint8Array(0))
  assert.ok(noBody.sendable && noBody.whole)
})

test('a body of bytes can be sent again and again', () => {
  const body = new BytesBody(new Uint8Array([1, 2, 3]))
  assert.equal(body.length, 3)
  assert.equal(body.open(), body.open())
  assert.ok(body.sendable && body.whole)
})

test('a body in pieces can be sent until it was opened', () => {
  const body = new StreamBody(pieces())
  assert.equal(body.length, undefined)
  assert.ok(body.sendable && !body.whole)
  body.open()
  assert.ok(!body.sendable)
  assert.equal(new StreamBody(pieces(), 3).length, 3)
})

test('a body in pieces is not read before it is opened', async () => {
  let begun = false
  const body = new StreamBody(
    (async function* () {
      begun = true
      yield* pieces()
    })(),
  )
  await Promise.resolve()
  assert.ok(!begun)
  let count = 0
  for await (const piece of body.open()) count += piece.byteLength
  assert.equal(count, 3)
})
