/** Bodies that are compressed well, badly and not to their end, beside what the built-in fetch makes of them. */
import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { type TestContext, test } from 'node:test'
import * as zlib from 'node:zlib'
import { httpServer } from '../transport/wire.ts'
import { builtInMajor, comesToTheSame, passthroughMesh } from './compare.ts'

const contents: Record<string, Buffer> = {
  'a few bytes': Buffer.from('hello world, hello again'),
  'much text': Buffer.alloc(300_000, 'the same again and '),
  noise: Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 7919 * (i % 13)) & 255)),
}

const codings: Record<string, [string, (bytes: Buffer) => Buffer]> = {
  gzip: ['gzip', zlib.gzipSync],
  'deflate with a header': ['deflate', zlib.deflateSync],
  'deflate without a header': ['deflate', zlib.deflateRawSync],
  brotli: ['br', zlib.brotliCompressSync],
  zstd: ['zstd', zlib.zstdCompressSync],
  'gzip, then brotli': ['gzip, br', (bytes) => zlib.brotliCompressSync(zlib.gzipSync(bytes))],
  'gzip twice': ['gzip, gzip', (bytes) => zlib.gzipSync(zlib.gzipSync(bytes))],
}

const damages: Record<string, (bytes: Buffer) => Buffer> = {
  'without its last bytes': (bytes) => bytes.subarray(0, bytes.byteLength - 6),
  'cut in half': (bytes) => bytes.subarray(0, bytes.byteLength >> 1),
  'with wrong bytes in its middle': (bytes) => {
    const middle = bytes.byteLength >> 1
    return bytes.map((byte, i) => (i >= middle && i < middle + 8 ? byte ^ 255 : byte)) as Buffer
  },
  'with garbage behind it': (bytes) => Buffer.concat([bytes, Buffer.from('garbage')]),
  'followed by itself': (bytes) => Buffer.concat([bytes, bytes]),
}

async function serving(t: TestContext, coding: string, bytes: Buffer, send?: RequestListener): Promise<string> {
  const listener: RequestListener = (request, response) => {
    response.setHeader('content-encoding', coding)
    if (send === undefined) response.end(bytes)
    else send(request, response)
  }
  return (await httpServer(t, listener)).url
}

async function streamed(response: Response): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of response.body as AsyncIterable<Uint8Array>) pieces.push(piece)
  return Buffer.concat(pieces)
}

const readers: Record<string, (response: Response) => Promise<Buffer>> = {
  'as a whole': async (response) => Buffer.from(await response.arrayBuffer()),
  'as a stream': streamed,
}

for (const [name, [coding, encode]] of Object.entries(codings)) {
  test(`${name} is decoded, however it comes and however it is read`, async (t) => {
    const net = passthroughMesh(t)
    for (const bytes of Object.values(contents)) {
      const encoded = encode(bytes)
      const slow: RequestListener = async (_, response) => {
        for (let at = 0; at < encoded.byteLength; at += 1_000) {
          response.write(encoded.subarray(at, at + 1_000))
          await new Promise(setImmediate)
        }
        response.end()
      }
      for (const send of [undefined, slow]) {
        const url = await serving(t, coding, encoded, send)
        for (const read of Object.values(readers)) assert.ok((await read(await net.fetch(url))).equals(bytes))
      }
    }
  })
  // The built-in fetch of Node 22 does not know zstd.
  if (coding === 'zstd' && builtInMajor < 7) continue
  for (const [damage, hurt] of Object.entries(damages)) {
    for (const [content, bytes] of Object.entries(contents)) {
      for (const [how, read] of Object.entries(readers)) {
        comesToTheSame(`reading ${name} of ${content} ${damage}, ${how}`, async (fetch, t) => {
          const got = await read(await fetch(await serving(t, coding, hurt(encode(bytes)))))
          return [got.byteLength, bytes.subarray(0, got.byteLength).equals(got)]
        })
      }
    }
  }
}

for (const coding of ['', ' gzip ', 'GZIP', 'x-gzip', 'gzip,', ',gzip', 'foo, gzip', 'gzip, foo', 'identity, gzip', 'compress', 'gzip x']) {
  comesToTheSame(`reading content-encoding: ${JSON.stringify(coding)}`, async (fetch, t) => {
    const bytes = zlib.gzipSync('some text')
    return Buffer.from(await (await fetch(await serving(t, coding, bytes))).arrayBuffer()).toString('latin1')
  })
}

comesToTheSame('the headers of a compressed reply, and of one to HEAD', async (fetch, t) => {
  const bytes = zlib.gzipSync('some text')
  const url = await serving(t, 'gzip', bytes, (_, response) => response.setHeader('content-length', bytes.byteLength).end(bytes))
  const both = [await fetch(url), await fetch(url, { method: 'HEAD' })]
  const names = ['content-encoding', 'content-length']
  return Promise.all(
    both.map(async ({ headers, body }, i) => [names.map((name) => headers.get(name)), body === null, await both[i]?.text()]),
  )
})
