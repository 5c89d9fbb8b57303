import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BytesBody, type CallBody, ReopenableBody, StreamBody } from '../../../../src/call/call-body.ts'
import { CopiedBody } from '../../../../src/policies/mirror/copied-body.ts'

function copied(body: CallBody, limit = 100) {
  const heard: string[] = []
  const copy = new CopiedBody(body, limit, {
    copied: (bytes) => heard.push(Buffer.from(bytes).toString()),
    tooLong: () => heard.push('too long'),
  })
  return { copy, heard }
}

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

async function read(body: CallBody): Promise<string> {
  const content = body.open()
  if (content instanceof Uint8Array) return Buffer.from(content).toString()
  const parts: Uint8Array[] = []
  for await (const part of content) parts.push(part)
  return Buffer.concat(parts).toString()
}

test('a stream is copied while it is read, and told when its end is', async () => {
  const { copy, heard } = copied(new StreamBody(pieces('one ', 'two'), 7))
  assert.deepEqual([copy.length, copy.whole, copy.sendable, copy.shareable], [7, false, true, false])
  assert.deepEqual(heard, [])
  assert.equal(await read(copy), 'one two')
  assert.deepEqual(heard, ['one two'])
  assert.equal(copy.sendable, false)
})

test('a body that is there as a whole stays so, and is copied when it is sent', () => {
  const bytes = Buffer.from('whole')
  const { copy, heard } = copied(new BytesBody(bytes))
  assert.deepEqual([copy.whole, heard.length], [true, 0])
  assert.equal(copy.open(), bytes)
  copy.open()
  bytes.fill(0)
  assert.deepEqual(heard, ['whole'])
})

test('a stream that turns out too long is read on, and no more of it is kept', async () => {
  const { copy, heard } = copied(new StreamBody(pieces('one', 'two', 'three')), 5)
  assert.equal(await read(copy), 'onetwothree')
  assert.deepEqual(heard, ['too long'])
})

test('a body that is read twice is copied once', async () => {
  const { copy, heard } = copied(new ReopenableBody(() => pieces('again')))
  assert.equal(copy.shareable, true)
  await Promise.all([read(copy), read(copy)])
  assert.deepEqual(heard, ['again'])
})

test('a stream that is left before its end is no copy', async () => {
  let closed = false
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.from('x')
    } finally {
      closed = true
    }
  }
  const { copy, heard } = copied(new StreamBody(endless()))
  for await (const _ of copy.open() as AsyncIterable<Uint8Array>) break
  assert.deepEqual(heard, [])
  assert.equal(closed, true)
})

test('pieces that the caller uses again are copied before', async () => {
  const buffer = Buffer.from('abc')
  async function* reused(): AsyncGenerator<Uint8Array> {
    yield buffer
    buffer.write('def')
    yield buffer
  }
  const { copy, heard } = copied(new StreamBody(reused()))
  for await (const _ of copy.open() as AsyncIterable<Uint8Array>);
  assert.deepEqual(heard, ['abcdef'])
})

test('a copy that nobody wants any more is not told', async () => {
  const { copy, heard } = copied(new StreamBody(pieces('one')))
  copy.giveUp()
  assert.equal(await read(copy), 'one')
  assert.deepEqual(heard, [])
})
