/** What goes over the wire, byte for byte, beside what the built-in fetch sends. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import * as undici from 'undici'
import { rawServer } from '../transport/wire.ts'
import { builtInMajor, comesToTheSame, type Fetch, passthroughMesh } from './compare.ts'

/** Answers each request with itself. */
function mirror(socket: Socket): void {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    const end = text.indexOf('\r\n\r\n') + 4
    if (end === 3) return
    const head = text.slice(0, end)
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
    if (/^transfer-encoding: chunked/im.test(head) ? !text.endsWith('0\r\n\r\n') : text.length < end + length) return
    const body = Buffer.from(text, 'latin1')
    text = ''
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.byteLength}\r\n\r\n`)
    socket.write(body)
  })
}

/** A request as it arrived, without what differs from one server and one form to the next. */
async function arrived(t: TestContext, send: (base: string) => Promise<Response>): Promise<string> {
  const { url } = await rawServer(t, mirror)
  const text = Buffer.from(await (await send(url)).arrayBuffer()).toString('latin1')
  const boundary = /boundary=(.*)/.exec(text)?.[1]
  return (boundary === undefined ? text : text.replaceAll(boundary, 'BOUNDARY')).replaceAll(url.slice('http://'.length), 'HOST')
}

function form(): FormData {
  const data = new FormData()
  data.append('a', 'b\r\nc\nd')
  data.append('e"\r\n', new File(['x\ny'], 'na"me\n.txt', { type: 'text/x' }))
  data.append('blob', new Blob(['z']))
  data.append('ü', 'ö')
  return data
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('in ')
  yield Buffer.from('pieces')
}

const post = { method: 'POST' } as const
const half = { method: 'POST', duplex: 'half' } as const
const referrer = 'http://elsewhere.test/a/b?c#d'

const inits: Record<string, () => RequestInit | undefined> = {
  'nothing but a URL': () => undefined,
  'headers of every kind': () => ({
    headers: {
      'X-B': ' 1 ',
      Accept: 'x',
      'x-a': '2',
      Cookie: 'a=b',
      'Content-Type': 'x/y',
      'Accept-Encoding': 'br',
      'USER-agent': 'me',
      'sec-fetch-mode': 'mine',
      'accept-charset': 'x',
      date: 'now',
      origin: 'me',
      te: 'trailers',
      'sec-x': '1',
      'proxy-authorization': 'z',
      empty: '',
    },
  }),
  'headers that repeat': () => ({
    headers: [
      ['X-B', '1'],
      ['x-b', '2'],
      ['Cookie', 'a=1'],
      ['cookie', 'b=2'],
    ],
  }),
  'header values that are no texts': () => ({ headers: { a: 1, b: null, c: undefined, d: true } as never }),
  'a header in Latin-1': () => ({ headers: { a: 'é' } }),
  'connection: close': () => ({ headers: { connection: 'close' } }),
  'a range': () => ({ headers: { range: 'bytes=0-1' } }),
  'a range and a coding': () => ({ headers: { Range: 'bytes=0-1', 'accept-encoding': 'gzip' } }),
  'a condition': () => ({ headers: { 'if-none-match': '"x"' } }),
  'the cache mode no-store': () => ({ cache: 'no-store' }),
  'the cache mode no-cache': () => ({ cache: 'no-cache' }),
  'the cache mode reload, with headers': () => ({ cache: 'reload', headers: { pragma: 'p', 'cache-control': 'q' } }),
  'the cache mode force-cache': () => ({ cache: 'force-cache' }),
  'the mode same-origin': () => ({ mode: 'same-origin' }),
  'the mode no-cors': () => ({ mode: 'no-cors' }),
  'a referrer': () => ({ referrer }),
  'a referrer, all of it': () => ({ referrer, referrerPolicy: 'unsafe-url' }),
  'a referrer, its origin': () => ({ referrer, referrerPolicy: 'origin' }),
  'a referrer of https': () => ({ referrer: 'https://u:p@elsewhere.test/a', referrerPolicy: 'strict-origin' }),
  'a method in lower case': () => ({ method: 'post', body: 'x' }),
  'a method of its own': () => ({ method: 'ChIcKeN' }),
  'a POST of nothing': () => post,
  'a PUT of nothing': () => ({ method: 'PUT' }),
  'a PATCH of nothing': () => ({ method: 'PATCH' }),
  'a DELETE of nothing': () => ({ method: 'DELETE' }),
  'a DELETE of text': () => ({ method: 'DELETE', body: 'x' }),
  'an OPTIONS': () => ({ method: 'OPTIONS' }),
  'an empty text': () => ({ ...post, body: '' }),
  'text with half a character': () => ({ ...post, body: 'a\ud800ü' }),
  'text with keepalive': () => ({ ...post, body: 'x', keepalive: true }),
  'text beside other headers': () => ({ ...post, body: 'abc', headers: { 'X-A': 'b' } }),
  bytes: () => ({ ...post, body: new Uint8Array([1, 2, 255]) }),
  'no bytes': () => ({ ...post, body: new Uint8Array(0) }),
  'a part of a buffer': () => ({ ...post, body: new DataView(Uint8Array.from([65, 66, 67]).buffer, 1, 1) }),
  'words of 16 bits': () => ({ ...post, body: new Uint16Array([65, 66]) }),
  parameters: () => ({ ...post, body: new URLSearchParams('a=1&b=ü') }),
  'a blob': () => ({ ...post, body: new Blob(['abc'], { type: 'Text/X' }) }),
  'an empty blob': () => ({ ...post, body: new Blob([], { type: 'Text/X' }) }),
  'a file': () => ({ ...post, body: new File(['abc'], 'x.txt', { type: 'a/b' }) }),
  'a stream': () => ({ ...half, body: new Blob(['abc']).stream() }),
  'a stream with type and length': () => ({
    ...half,
    body: new Blob(['abc']).stream(),
    headers: { 'content-type': 'a/b', 'content-length': '3' },
  }),
  'an iterable': () => ({ ...half, body: pieces() as never }),
  'a number': () => ({ ...post, body: 12 as never }),
  'an object': () => ({ ...post, body: { a: 1 } as never }),
  'a list': () => ({ ...post, body: [1, 2] as never }),
}
// Older versions leave the last line end of a form out, and refuse a length.
if (builtInMajor >= 7) {
  inits['text and its length'] = () => ({ ...post, body: 'abc', headers: { 'content-length': '3' } })
  inits['a form'] = () => ({ ...post, body: form() })
  inits['an empty form'] = () => ({ ...post, body: new FormData() })
}

for (const [name, init] of Object.entries(inits)) {
  comesToTheSame(`sending ${name}`, (fetch, t) => arrived(t, (base) => fetch(base, init())))
}

const requests: Record<string, (base: string) => [Request, RequestInit?]> = {
  'a Request': (base) => [new Request(base, { headers: { a: '1' }, cache: 'no-store' })],
  'a Request of text': (base) => [new Request(base, { ...post, body: 'abc' })],
  'a Request of a form': (base) => [new Request(base, { ...post, body: form() })],
  'a Request with other headers': (base) => [new Request(base, { ...post, body: 'abc', headers: { b: '1' } }), { headers: { a: '2' } }],
  'a Request with another method': (base) => [new Request(base, { ...post, body: 'abc' }), { method: 'PUT' }],
  'a Request with another body': (base) => [new Request(base, { ...post, body: 'abc' }), { body: 'new' }],
  'a Request without its body': (base) => [new Request(base, { ...post, body: 'abc' }), { body: null }],
}
for (const [name, make] of Object.entries(requests)) {
  comesToTheSame(`sending ${name}`, (fetch, t) => arrived(t, (base) => fetch(...make(base))))
}

comesToTheSame('a URL that needs encoding', (fetch, t) => arrived(t, (base) => fetch(`${base}/a b/../ü?q="<>\`{}|^ü#part`)))
comesToTheSame('a URL object', (fetch, t) => arrived(t, (base) => fetch(new URL(`${base}/a?b#part`))))
comesToTheSame('anything that converts to a URL', (fetch, t) => arrived(t, (base) => fetch({ toString: () => base } as never)))

/** Objects of the undici package, which the built-in fetch does not know. */
const foreign: Record<string, [(fetch: Fetch, base: string) => Promise<Response>, RegExp]> = {
  'a Request': [
    (fetch, base) => fetch(new undici.Request(base, { ...post, body: 'abc', headers: { a: '1' } }) as never),
    /a: 1\r\n[\s\S]*abc$/,
  ],
  'a form': [(fetch, base) => fetch(base, { ...post, body: foreignForm() as never }), /name="a"\r\n\r\nb\r\n[\s\S]*filename="n.txt"/],
  'a Request of a form': [
    (fetch, base) => fetch(new undici.Request(base, { ...post, body: foreignForm() }) as never),
    /content-length: \d+[\s\S]*name="a"\r\n\r\nb\r\n[\s\S]*filename="n.txt"/,
  ],
  headers: [(fetch, base) => fetch(base, { headers: new undici.Headers({ a: '1' }) as never }), /a: 1\r\n/],
}

function foreignForm(): undici.FormData {
  const data = new undici.FormData()
  data.append('a', 'b')
  data.append('f', new File(['x'], 'n.txt'))
  return data
}

for (const [name, [send, expected]] of Object.entries(foreign)) {
  test(`${name} of the undici package arrives as it should`, async (t) => {
    const net = passthroughMesh(t)
    assert.match(await arrived(t, (base) => send(net.fetch as Fetch, base)), expected)
  })
}

const blob = () => new Blob(['abc'], { type: 'a/b' })
for (const [name, make] of [
  ['a Request of a blob', (base: string) => new Request(base, { ...post, body: blob() })],
  ['a Request of another one', (base: string) => new Request(new Request(base, { ...post, body: 'abc' }), { headers: { a: '1' } })],
  ['a copy of a Request of a Request of a blob', (base: string) => new Request(new Request(base, { ...post, body: blob() })).clone()],
] as const) {
  comesToTheSame(`sending ${name}`, (fetch, t) => arrived(t, (base) => fetch(make(base))))
}

test('a wrong content-length is a TypeError, never a hang, whatever the body', { timeout: 60_000 }, async (t) => {
  const net = passthroughMesh(t)
  const { url } = await rawServer(t, mirror)
  const bodies: (() => unknown)[] = [
    () => 'abc',
    () => Buffer.from('abc'),
    () => new Blob(['abc']),
    () => new Blob(['abc']).stream(),
    () => pieces(),
    () => () => 'abc',
    () => () => new Blob(['abc']).stream(),
    () => form(),
  ]
  for (const body of bodies) {
    for (const length of ['1', '500', '-1', 'x', '3, 4']) {
      const sending = net.fetch(url, { ...half, body: body() as never, headers: { 'content-length': length } })
      await assert.rejects(sending, TypeError, `${body} with ${length}`)
    }
  }
})
