import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { mostBodyBytes, readJson } from '../../../src/admin/read-json.ts'
import { fakeClock } from '../../../src/testing/index.ts'

const open = () => {
  const body = new PassThrough()
  const clock = fakeClock()
  return { body, clock, read: readJson(body as unknown as IncomingMessage, clock) }
}

test('a body of JSON is read, also when it comes in pieces that cut a letter in two', async () => {
  const { body, read } = open()
  const bytes = Buffer.from('{"a":"ä€"}')
  for (const byte of bytes) body.write(Buffer.of(byte))
  body.end()
  assert.deepEqual(await read, { ok: true, value: { a: 'ä€' } })
})

test('what is no JSON, is too large, breaks off, or takes too long is refused', async () => {
  const statusOf = async (spoil: (opened: ReturnType<typeof open>) => unknown) => {
    const opened = open()
    await spoil(opened)
    const result = await opened.read
    return result.ok ? 200 : result.refusal.status
  }
  assert.equal(await statusOf(({ body }) => body.end('{')), 400)
  assert.equal(await statusOf(({ body }) => body.end('')), 400)
  assert.equal(await statusOf(({ body }) => body.end(JSON.stringify('x'.repeat(mostBodyBytes)))), 413)
  assert.equal(await statusOf(({ body }) => body.destroy()), 400)
  assert.equal(await statusOf(({ body }) => body.destroy(new Error('reset'))), 400)
  assert.equal(
    await statusOf(async ({ body, clock }) => {
      body.write('{')
      await clock.advance(10_000)
    }),
    408,
  )
})
