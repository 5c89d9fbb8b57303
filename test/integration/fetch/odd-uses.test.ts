/** Uses of fetch that are allowed and rare, and some that are mistakes, beside the built-in fetch. */
import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { type TestContext, test } from 'node:test'
import * as zlib from 'node:zlib'
import { fixed, MeshError, mesh } from '../../../src/index.ts'
import { httpServer, rawServer } from '../transport/wire.ts'
import { builtInMajor, comesToTheSame, described, type Fetch, passthroughMesh, seen } from './compare.ts'

/** Answers with what came, and in ways that the path names. */
const listener: RequestListener = async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString('latin1')
  const { method, url = '/', headers } = request
  if (url === '/empty') response.end()
  else if (url === '/large') response.end(Buffer.alloc(500_000, 'x'))
  else if (url === '/packed') response.setHeader('content-encoding', 'gzip').end(zlib.gzipSync(Buffer.alloc(300_000, 'x')))
  else if (url === '/slow') {
    response.write('a')
    setTimeout(() => response.end('b'), 20)
  } else if (url.startsWith('/to/')) response.writeHead(302, { location: decodeURIComponent(url.slice(4)) }).end('moved')
  else if (url !== '/silent') response.end(JSON.stringify([method, url, headers['content-type'], headers['x-a'], body]))
}

/** What the built-in fetch of Node 22 does otherwise. */
const newer: ReadonlySet<string> = new Set(
  builtInMajor >= 7
    ? []
    : [
        'a buffer that went elsewhere',
        'a signal that is none',
        '?',
        '/?',
        'chunks with extensions and trailers',
        'a folded header',
        'six codings',
        'after nothing came',
        'after nothing came, and a clone was read',
        'before every way to read',
        'from a packed stream',
        'by one signal of several',
        'with a wrong argument',
      ],
)

const post = { method: 'POST' } as const
const half = { method: 'POST', duplex: 'half' } as const

function streamOf(...pieces: unknown[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
}

/** Tests that come to the same: a text of the reply, or what `use` makes of it. */
function sameOverHttp(name: string, use: (fetch: Fetch, base: string) => unknown): void {
  comesToTheSame(name, async (fetch, t) => {
    const { url } = await httpServer(t, listener)
    const result = await use(fetch, url)
    const plain = result instanceof Response ? await described(result) : result
    return JSON.parse(JSON.stringify(plain ?? 'nothing').replaceAll(new URL(url).port, 'PORT'))
  })
}

const inits: Record<string, () => unknown> = {
  'text in a stream': () => ({ ...half, body: streamOf('a', 'ü') }),
  'views in a stream': () => ({ ...half, body: streamOf(new Uint16Array([65]), new Uint8Array(0), new DataView(new ArrayBuffer(2))) }),
  'numbers in a stream': () => ({ ...half, body: streamOf(1) }),
  'a buffer in a stream': () => ({ ...half, body: streamOf(new ArrayBuffer(2)) }),
  'the body of a response': () => ({ ...half, body: new Response('abc').body }),
  'an iterable without duplex': () => ({ ...post, body: (async function* () {})() }),
  'a stream that was cancelled': () => {
    const body = streamOf('a')
    void body.cancel()
    return { ...half, body }
  },
  'a boxed text': () => ({ ...post, body: new String('abc') }),
  'a buffer that went elsewhere': () => {
    const body = new ArrayBuffer(3)
    structuredClone(body, { transfer: [body] })
    return { ...post, body }
  },
  'a form with a type of its own': () => ({ ...post, body: new URLSearchParams('a=b'), headers: [['CONTENT-TYPE', 'x']] }),
  'nothing beside GET': () => ({ body: null }),
  'an empty text beside GET': () => ({ body: '' }),
  'a number beside HEAD': () => ({ method: 'HEAD', body: 0 }),
  'headers from a map': () => ({ headers: new Map([['x-a', 'b']]) }),
  'headers from parameters': () => ({ headers: new URLSearchParams('x-a=b') }),
  'a header of spaces': () => ({ headers: { 'x-a': '\t \r\n ' } }),
  'a header with a line end inside': () => ({ headers: { 'x-a': 'b\r\n c' } }),
  'a header with a zero': () => ({ headers: { 'x-a': 'b\0' } }),
  'a header beyond Latin-1': () => ({ headers: { 'x-a': '€' } }),
  'a header without a name': () => ({ headers: { '': 'b' } }),
  'a header of three parts': () => ({ headers: [['x-a', 'b', 'c']] }),
  'headers that are a text': () => ({ headers: 'x-a: b' }),
  'the method null': () => ({ method: null }),
  'the method QUERY': () => ({ method: 'QUERY', body: 'x' }),
  'a method beyond ASCII': () => ({ method: 'GÉT' }),
  'the mode navigate': () => ({ mode: 'navigate' }),
  'an unknown cache mode': () => ({ cache: 'sometimes' }),
  'an unknown redirect mode': () => ({ redirect: null }),
  'a window': () => ({ window: {} }),
  'a signal that is none': () => ({ signal: { aborted: false, addEventListener() {} } }),
  'options that inherit theirs': () => Object.create({ method: 'PUT', headers: { 'x-a': 'b' } }),
  'options that are a text': () => 'x',
  'a referrer of ftp': () => ({ referrer: 'ftp://x/y' }),
}
for (const [name, init] of Object.entries(inits)) {
  if (newer.has(name)) continue
  sameOverHttp(`sending ${name}`, (fetch, base) => fetch(base, init() as RequestInit))
}

const requests: Record<string, (base: string) => [Request, RequestInit?]> = {
  'of a Request of a Request': (base) => [new Request(new Request(new Request(base, { ...post, body: 'a' })), { headers: { 'x-a': 'b' } })],
  'that is used': (base) => {
    const request = new Request(base, { ...post, body: 'a' })
    void request.text()
    return [request]
  },
  'that is used, with another body': (base) => {
    const request = new Request(base, { ...post, body: 'a' })
    void request.text()
    return [request, { body: 'b' }]
  },
  'that is locked': (base) => {
    const request = new Request(base, { ...post, body: 'a' })
    request.body?.getReader()
    return [request]
  },
  'made a GET': (base) => [new Request(base, { ...post, body: 'a' }), { method: 'GET' }],
  'made a GET without its body': (base) => [new Request(base, { ...post, body: 'a' }), { method: 'GET', body: null }],
  'of a stream of text': (base) => [new Request(base, { ...half, body: streamOf('a', 'b') } as RequestInit)],
  'of a stream that fails': (base) => [
    new Request(base, { ...half, body: new ReadableStream({ start: (controller) => controller.error(new Error('mine')) }) } as RequestInit),
  ],
}
for (const [name, make] of Object.entries(requests)) {
  sameOverHttp(`a Request ${name}`, (fetch, base) => fetch(...make(base)))
}

sameOverHttp('sending a Request a second time', async (fetch, base) => {
  const request = new Request(base, { ...post, body: 'a' })
  return [await (await fetch(request)).text(), request.bodyUsed, await fetch(request).catch(seen)]
})

sameOverHttp('sending a Request twice at once', async (fetch, base) => {
  const request = new Request(base, { ...post, body: 'a' })
  const bare = new Request(base)
  const all = await Promise.allSettled([fetch(request), fetch(request), fetch(bare), fetch(bare)])
  return all.map((one) => (one.status === 'rejected' ? seen(one.reason) : one.value.status))
})

for (const path of ["/a'b?c'd", '/%zz', '/a/%2e%2e/b', '//a//b', '?', '/?', '\\a\\..\\b', '/a b#c']) {
  if (newer.has(path)) continue
  sameOverHttp(`the path ${path}`, async (fetch, base) => {
    const response = await fetch(base + path)
    return [response.url, await response.json()]
  })
}
sameOverHttp('a URL in capitals, among spaces', async (fetch, base) => (await fetch(` ${base.replace('http', 'HT\tTP')}\n`)).url)

for (const port of [1, 25, 6000, 6667, 10080]) {
  comesToTheSame(`the port ${port}`, (fetch) => fetch(`http://127.0.0.1:${port}/`))
  sameOverHttp(`a redirect to the port ${port}`, (fetch, base) => fetch(`${base}/to/${encodeURIComponent(`http://127.0.0.1:${port}/`)}`))
}

for (const location of ['../..', '?a#b', 'http:/x', 'blob:x', 'javascript:1', 'file:///x', '/%zz']) {
  sameOverHttp(`a redirect to ${location}`, (fetch, base) => fetch(`${base}/to/${encodeURIComponent(location)}#mine`))
}

/** What is done with a response, and the path that it comes from. */
const uses: Record<string, [path: string, use: (response: Response) => unknown]> = {
  'breaking out of its stream': [
    '/large',
    async (response) => {
      for await (const _ of response.body as AsyncIterable<unknown>) break
      return [response.bodyUsed, response.body?.locked]
    },
  ],
  'breaking out of its stream without ending it': [
    '/large',
    async (response) => {
      for await (const _ of (response.body as ReadableStream).values({ preventCancel: true })) break
      return [response.bodyUsed, response.body?.locked, await response.text().catch(seen)]
    },
  ],
  'cloning it after a part was read': [
    '/large',
    async (response) => {
      const reader = response.body?.getReader()
      await reader?.read()
      reader?.releaseLock()
      return response.clone()
    },
  ],
  'cloning it, and giving the clone up': [
    '/large',
    async (response) => {
      response
        .clone()
        .body?.cancel()
        .catch(() => {})
      return (await response.text()).length
    },
  ],
  'cloning it packed': ['/packed', async (response) => [(await response.clone().text()).length, (await response.text()).length]],
  'a slow half of its stream': [
    '/large',
    async (response) => {
      const [fast, slow] = (response.body as ReadableStream).tee()
      return [(await new Response(fast).text()).length, (await new Response(slow).text()).length]
    },
  ],
  'cloning it while it is read': [
    '/slow',
    async (response) => {
      const reading = response.text()
      const cloning = (async () => response.clone())().catch(seen)
      return [await reading, await cloning]
    },
  ],
  'reading it twice at once': [
    '/slow',
    async (response) => (await Promise.allSettled([response.text(), response.text()])).map(({ status }) => status),
  ],
  'reading nothing as JSON': ['/empty', (response) => response.json()],
  'reading nothing as a form': ['/empty', (response) => response.formData()],
  'reading nothing, in a clone too': ['/empty', async (response) => [await response.clone().text(), await response.text()]],
  'cancelling its stream while it is locked': [
    '/',
    (response) => {
      response.body?.getReader()
      return response.body?.cancel()
    },
  ],
  'moving its stream': [
    '/',
    async (response) => {
      const moved = structuredClone(response.body, { transfer: [response.body as never] })
      return [await new Response(moved).text(), response.bodyUsed]
    },
  ],
  'a method without its response': ['/', ({ text }) => Reflect.apply(text, undefined, [])],
  'spreading it': ['/', (response) => ({ ...response })],
  'asking its headers for no name': ['/', ({ headers }) => headers.get('a b')],
}
for (const [name, [path, use]] of Object.entries(uses)) {
  sameOverHttp(name, async (fetch, base) => use(await fetch(base + path)))
}

const wires: Record<string, string> = {
  'chunks with extensions and trailers': 'transfer-encoding: chunked\r\n\r\n3;a=b;c="d"\r\nabc\r\n0;x\r\nx: y\r\n\r\n',
  'a folded header': 'a: b\r\n c\r\ncontent-length: 0\r\n\r\n',
  'a length below zero': 'content-length: -1\r\n\r\n',
  'two lengths': 'content-length: 1\r\ncontent-length: 2\r\n\r\nab',
  'a header with a zero': 'a: b\0c\r\ncontent-length: 0\r\n\r\n',
  'headers named as members of objects': '__proto__: a\r\nconstructor: b\r\nhasOwnProperty: c\r\ncontent-length: 0\r\n\r\n',
  'six codings': 'content-encoding: a, b, c, d, e, f\r\ncontent-length: 1\r\n\r\nx',
  'nothing, packed': 'content-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
}
for (const [name, rest] of Object.entries(wires)) {
  if (newer.has(name)) continue
  comesToTheSame(`a reply with ${name}`, async (fetch, t) => {
    const { url } = await rawServer(t, (socket) => socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${rest}`)))
    const all: unknown[] = []
    for (const method of ['GET', 'HEAD']) all.push(await fetch(url, { method }).then(described).catch(seen))
    return all
  })
}

type Leaving = (fetch: Fetch, url: string, controller: AbortController) => unknown
const leavings: Record<string, Leaving> = {
  'after nothing came': async (fetch, url, controller) => {
    const response = await fetch(`${url}/empty`, { signal: controller.signal })
    controller.abort()
    return response.text()
  },
  'after nothing came, and a clone was read': async (fetch, url, controller) => {
    const response = await fetch(`${url}/empty`, { signal: controller.signal })
    await response.clone().text()
    const reader = response.body?.getReader()
    controller.abort()
    return [await reader?.read(), await reader?.closed.then(() => 'closed')]
  },
  'before every way to read': async (fetch, url) => {
    const ways = ['arrayBuffer', 'blob', 'formData', 'json', 'text'] as const
    return Promise.all(
      ways.map(async (way) => {
        const controller = new AbortController()
        const response = await fetch(url, { signal: controller.signal })
        controller.abort()
        return [await response[way]().catch(seen), await response[way]().catch(seen), response.bodyUsed]
      }),
    )
  },
  'from a packed stream': async (fetch, url, controller) => {
    const response = await fetch(`${url}/packed`, { signal: controller.signal })
    const reader = response.body?.getReader()
    controller.abort('enough')
    return [await reader?.read().catch(seen), await reader?.closed.catch(seen)]
  },
  'by one signal of several': (fetch, url, controller) => {
    setTimeout(() => controller.abort('enough'), 20)
    return fetch(`${url}/silent`, { signal: AbortSignal.any([new AbortController().signal, controller.signal]) })
  },
  'by a time limit': (fetch, url) => fetch(`${url}/silent`, { signal: AbortSignal.timeout(20) }),
  'with a wrong argument': (fetch, url) => fetch(url, { method: 'A B', signal: AbortSignal.abort() }),
}
for (const [name, leaving] of Object.entries(leavings)) {
  if (newer.has(name)) continue
  sameOverHttp(`leaving ${name}`, (fetch, url) => leaving(fetch, url, new AbortController()))
}

test('a port that fetch forbids is open to what a program declares, and to net.request', async (t) => {
  const { url } = await httpServer(t, listener)
  const net = mesh({ name: 'shop' })
    .service('orders', (s) => s.resolve(fixed([url])))
    .build()
  t.after(() => net.close({ grace: 0 }))
  assert.equal((await net.fetch('http://orders:6000/x')).status, 200)
  const gone = `http://orders/to/${encodeURIComponent('http://127.0.0.1:25/')}`
  for (const input of ['http://127.0.0.1:25/', gone]) {
    const error = await net.fetch(input).then(
      () => assert.fail('it was sent'),
      (thrown: Error) => MeshError.from(thrown),
    )
    assert.deepEqual([error?.code, error?.facts.service], ['INVALID_CALL', '127.0.0.1:25'])
  }
  await assert.rejects(net.request('http://127.0.0.1:25/'), { code: 'ECONNREFUSED' })
})

test('a response that is dropped in the middle of its stream frees its connection', async (t: TestContext) => {
  const server = await rawServer(t, (socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\nabc')))
  const { fetch } = passthroughMesh(t)
  await (await fetch(server.url)).body?.cancel()
  const controller = new AbortController()
  const response = await fetch(server.url, { signal: controller.signal })
  const reading = assert.rejects(response.text(), { name: 'AbortError' })
  controller.abort()
  await reading
  while (server.open() > 0) await new Promise((resolve) => setTimeout(resolve, 5))
})
