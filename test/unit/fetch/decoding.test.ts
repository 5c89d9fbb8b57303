import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import * as zlib from 'node:zlib'
import { answered, doorTo, failureOf, OpenReply, settle } from './door.ts'

const url = 'http://orders/v1'
const text = 'the same words again and again '.repeat(50)
const codings: Record<string, Buffer> = {
  gzip: zlib.gzipSync(text),
  'x-gzip': zlib.gzipSync(text),
  GZIP: zlib.gzipSync(text),
  deflate: zlib.deflateSync(text),
  'deflate ': zlib.deflateRawSync(text),
  br: zlib.brotliCompressSync(text),
  zstd: zlib.zstdCompressSync(text),
  'gzip, br': zlib.brotliCompressSync(zlib.gzipSync(text)),
  'deflate, gzip': zlib.gzipSync(zlib.deflateSync(text)),
}

async function encoded(coding: string, body: Uint8Array | readonly Uint8Array[], status = 200): Promise<Response> {
  return doorTo(() => answered({ status, body, headers: { 'content-encoding': coding, 'content-length': '7' } })).fetch(url)
}

for (const [coding, bytes] of Object.entries(codings)) {
  test(`a body in ${coding} is decoded, as a whole and as a stream, whatever its pieces`, async () => {
    const pieces = Array.from({ length: bytes.byteLength }, (_, i) => bytes.subarray(i, i + 1))
    for (const body of [bytes, pieces]) {
      assert.equal(await (await encoded(coding, body)).text(), text)
      let streamed = ''
      const decoder = new TextDecoder()
      for await (const chunk of (await encoded(coding, body)).body!) streamed += decoder.decode(chunk, { stream: true })
      assert.equal(streamed, text)
    }
    const response = await encoded(coding, bytes)
    assert.equal(await response.clone().text(), text)
    assert.equal(await response.text(), text)
  })
}

test('the headers tell of the coding although it was undone', async () => {
  const { headers } = await encoded('gzip', codings.gzip!)
  assert.deepEqual([headers.get('content-encoding'), headers.get('content-length')], ['gzip', '7'])
})

test('the body of an error is decoded too', async () => {
  assert.equal(await (await encoded('gzip', codings.gzip!, 500)).text(), text)
})

test('a coding that is not known leaves the body as it came', async () => {
  assert.equal(await (await encoded('identity', Buffer.from('raw'))).text(), 'raw')
  assert.equal(await (await encoded('rot13, gzip', Buffer.from('raw'))).text(), 'raw')
})

test('a body that says it is compressed and is empty is empty', async () => {
  for (const coding of Object.keys(codings)) {
    assert.equal(await (await encoded(coding, Buffer.alloc(0))).text(), '')
    assert.equal((await (await encoded(coding, Buffer.alloc(0))).body!.getReader().read()).done, true)
  }
})

test('a large body is decoded as a small one', async () => {
  const large = Buffer.alloc(3_000_000, 'a b c d ')
  assert.equal((await (await encoded('gzip', zlib.gzipSync(large))).bytes()).byteLength, large.byteLength)
  assert.equal((await (await encoded('br', zlib.brotliCompressSync(large))).text()).length, large.byteLength)
})

test('a compressed body that is cut short gives what there is, as fetch does', async () => {
  const noise = Buffer.concat(Array.from({ length: 64 }, (_, i) => createHash('sha512').update(`${i}`).digest()))
  const cut = zlib.gzipSync(noise)
  const response = await encoded('gzip', cut.subarray(0, cut.byteLength - 200))
  assert.ok((await response.bytes()).byteLength > 3_000)
})

test('a corrupt body fails with the reason as cause', async () => {
  for (const read of [(response: Response) => response.text(), (response: Response) => response.body!.getReader().read()]) {
    await assert.rejects(read(await encoded('gzip', Buffer.from('this is not gzip'))), (error: Error) => {
      assert.ok(error instanceof TypeError && error.cause instanceof Error)
      return error.message === 'terminated'
    })
  }
})

test('more than five codings are refused', async () => {
  const { error, cause } = await failureOf(encoded('gzip,gzip,gzip,gzip,gzip,gzip', Buffer.from('x')))
  assert.deepEqual([error.message, cause.code], ['fetch failed', 'BAD_REPLY'])
  assert.match(cause.message, /orders: the reply's content-encoding names more than 5 codings/)
})

test('a compressed stream gives what has come before all of it has', async () => {
  const reply = new OpenReply({ headers: { 'content-encoding': 'gzip' } })
  const response = await doorTo(() => reply.outcome).fetch(url)
  const gzip = zlib.createGzip()
  gzip.on('data', (chunk: Buffer) => reply.feed.push(chunk))
  gzip.write('early')
  gzip.flush()
  const reader = response.body!.getReader()
  assert.equal(Buffer.from((await reader.read()).value!).toString(), 'early')
  await reader.cancel()
  await settle()
  assert.equal(reply.aborted, true)
})

test('a body must have the hash that integrity says', async () => {
  const sha = (kind: string, body: string) => `${kind}-${createHash(kind).update(body).digest('base64')}`
  const get = (integrity: string, status = 200) => doorTo(() => answered({ status, body: 'trusted' })).fetch(url, { integrity })
  assert.equal(await (await get(sha('sha256', 'trusted'))).text(), 'trusted')
  assert.equal(await (await get(`${sha('sha256', 'other')} ${sha('sha512', 'trusted')}`)).text(), 'trusted')
  assert.equal(await (await get('md5-unknown')).text(), 'trusted')
  for (const wrong of [sha('sha384', 'other'), `${sha('sha256', 'trusted')} ${sha('sha512', 'other')}`, 'sha256-']) {
    const { cause } = await failureOf(get(wrong))
    assert.match(cause.message, /integrity mismatch/)
  }
  assert.match((await failureOf(get(sha('sha256', ''), 204))).cause.message, /integrity mismatch/)
})
