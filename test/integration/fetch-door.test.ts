/** The built-in fetch and the door, case by case, against one real server: what they send, and what they make of the answer. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Attempt } from '../../src/call/attempt.ts'
import type { Call } from '../../src/call/call.ts'
import { RosterEndpoint } from '../../src/endpoint/endpoint.ts'
import { readEndpointAddress } from '../../src/endpoint/endpoint-address.ts'
import { MeshError } from '../../src/errors/mesh-error.ts'
import { createFetch } from '../../src/fetch/create-fetch.ts'
import { seededRandom } from '../../src/runtime/seeded-random.ts'
import { systemClock } from '../../src/runtime/system-clock.ts'
import { undiciTransport } from '../../src/transport/undici-transport.ts'
import { type Fetch, outcomeOf } from './fetch/compare.ts'

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://server')
  const location = url.searchParams.get('to')
  switch (url.pathname) {
    case '/echo': {
      const body = Buffer.concat(await request.toArray())
      const { method, headers, rawHeaders } = request
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          method,
          url: request.url,
          headers,
          names: rawHeaders.filter((_, i) => i % 2 === 0),
          body: body.toString('latin1'),
        }),
      )
      return
    }
    case '/redirect':
      response.writeHead(Number(url.searchParams.get('status')), location === null ? {} : { location }).end('moved')
      return
    case '/status':
      response.writeHead(Number(url.searchParams.get('code')), 'Some Text', [
        'x-a',
        '1',
        'set-cookie',
        'a=1',
        'set-cookie',
        'b=2',
        'vary',
        'x',
        'vary',
        'y',
      ])
      response.end(url.searchParams.get('body') ?? undefined)
      return
    case '/gzip':
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('compressed text'))
      return
    case '/latin1':
      response.writeHead(200, { 'x-word': 'gr\xfc\xdfe' }).end('\ufeffwith a mark')
      return
    case '/hints':
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      response.end('after hints')
      return
    case '/cut':
      response.writeHead(200, { 'content-length': '100' }).write('only this')
      setTimeout(() => request.socket.destroy(), 20)
      return
    case '/hang':
      return
    case '/slow-body':
      response.writeHead(200).write('first')
      return
    case '/large':
      response.end(Buffer.alloc(1_000_000, 'x'))
      return
    default:
      response.writeHead(404).end()
  }
}

const server = http.createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
const host = { service: 'test', clock: systemClock, random: seededRandom(1), emit: () => {} }
const transport = undiciTransport()(host)
const endpoints = new Map<string, RosterEndpoint>()
let base = ''

/** One endpoint an origin, no mesh in between. */
const door: Fetch = createFetch(
  {
    find(protocol, hostname, port) {
      const origin = `${protocol}//${hostname}:${port}`
      const address = readEndpointAddress(origin, false)
      if (address === undefined) return new MeshError('UNKNOWN_SERVICE', 'no address', { service: hostname, sent: false })
      const endpoint = endpoints.get(origin) ?? new RosterEndpoint(address)
      endpoints.set(origin, endpoint)
      const send = (call: Call) => transport.send(new Attempt(call, endpoint, 1))
      return { service: hostname, deadlineMs: Number.POSITIVE_INFINITY, authority: undefined, send }
    },
  },
  systemClock,
)

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

after(async () => {
  await transport.close(0)
  server.closeAllConnections()
  server.close()
})

/** Headers that may differ: the built-in fetch of each Node version has its own opinion. */
const opinions = ['connection']

async function echoed(response: Response): Promise<unknown> {
  const echo = (await response.json()) as { headers: Record<string, string>; names: string[]; body: string }
  for (const name of opinions) delete echo.headers[name]
  echo.names = echo.names
    .filter((name) => !opinions.includes(name.toLowerCase()) && !['host', 'content-length'].includes(name.toLowerCase()))
    .sort()
  const boundary = /boundary=(.*)/.exec(echo.headers['content-type'] ?? '')?.[1]
  if (boundary === undefined) return echo
  // Boundaries are random, and older versions of Node leave the last line end of a form out.
  delete echo.headers['content-length']
  return JSON.parse(JSON.stringify({ ...echo, body: echo.body.trimEnd() }).replaceAll(boundary, '-'))
}

/** Everything that a response says about itself. */
async function described(response: Response): Promise<unknown> {
  const { status, statusText, ok, type, redirected, url, bodyUsed } = response
  const headers = [...response.headers].filter(([name]) => name !== 'date')
  return { status, statusText, ok, type, redirected, url, bodyUsed, headers, hasBody: response.body !== null, text: await response.text() }
}

function form(): FormData {
  const data = new FormData()
  data.append('field', 'a\nb "c"')
  data.append('file', new File(['content'], 'name.txt', { type: 'text/plain' }))
  return data
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('in ')
  yield Buffer.from('pieces')
}

const half = { duplex: 'half' } as const
const cases: Record<string, (fetch: Fetch) => Promise<unknown>> = {
  'a plain GET': async (fetch) => echoed(await fetch(`${base}/echo?a=b%20c`)),
  'a URL object with a fragment': async (fetch) => echoed(await fetch(new URL(`${base}/echo?a#part`))),
  'a URL that needs encoding': async (fetch) => echoed(await fetch(`${base}/echo?q="ü"'<>`)),
  'headers with case and repetition': async (fetch) =>
    echoed(await fetch(`${base}/echo`, { headers: { 'X-Case': '1', Accept: 'a/b', 'x-empty': '' } })),
  'a POST of text': async (fetch) => echoed(await fetch(`${base}/echo`, { method: 'post', body: 'grüße' })),
  'a POST of nothing': async (fetch) => echoed(await fetch(`${base}/echo`, { method: 'POST' })),
  'a PUT of nothing': async (fetch) => echoed(await fetch(`${base}/echo`, { method: 'PUT' })),
  'a PATCH of text': async (fetch) => echoed(await fetch(`${base}/echo`, { method: 'PATCH', body: '' })),
  'a DELETE': async (fetch) => echoed(await fetch(`${base}/echo`, { method: 'DELETE' })),
  'an OPTIONS': async (fetch) => echoed(await fetch(`${base}/echo`, { method: 'options' })),
  'a POST of bytes': async (fetch) => echoed(await fetch(`${base}/echo`, { method: 'POST', body: new Uint8Array([1, 2, 255]) })),
  'a POST of parameters': async (fetch) => echoed(await fetch(`${base}/echo`, { method: 'POST', body: new URLSearchParams({ a: '1 2' }) })),
  'a POST of a blob': async (fetch) => echoed(await fetch(`${base}/echo`, { method: 'POST', body: new Blob(['b'], { type: 'a/b' }) })),
  'a POST of a form': async (fetch) => echoed(await fetch(`${base}/echo`, { method: 'POST', body: form() })),
  'a POST of a stream': async (fetch) =>
    echoed(await fetch(`${base}/echo`, { method: 'POST', body: new Blob(['s']).stream(), ...half } as RequestInit)),
  'a POST of an iterable': async (fetch) =>
    echoed(await fetch(`${base}/echo`, { method: 'POST', body: pieces() as never, ...half } as RequestInit)),
  'a GET by Request': async (fetch) => echoed(await fetch(new Request(`${base}/echo`, { headers: { a: '1' } }))),
  'a POST of text by Request': async (fetch) => echoed(await fetch(new Request(`${base}/echo`, { method: 'POST', body: 'text' }))),
  'a POST of a form by Request': async (fetch) => {
    const request = new Request(`${base}/echo`, { method: 'POST', body: new URLSearchParams({ a: 'b' }) })
    const echo = await echoed(await fetch(request))
    return { echo, used: request.bodyUsed }
  },
  'cache modes': async (fetch) => echoed(await fetch(`${base}/echo`, { cache: 'no-cache', headers: { range: 'bytes=0-' } })),
  'status, text and headers': async (fetch) => described(await fetch(`${base}/status?code=201&body=x`)),
  'an error status': async (fetch) => described(await fetch(`${base}/status?code=503&body=sorry`)),
  'a 407': async (fetch) => described(await fetch(`${base}/status?code=407`)),
  'a 204': async (fetch) => described(await fetch(`${base}/status?code=204`)),
  'a 304': async (fetch) => described(await fetch(`${base}/status?code=304`)),
  'a HEAD': async (fetch) => described(await fetch(`${base}/status?code=200`, { method: 'HEAD' })),
  'cookies kept apart': async (fetch) => (await fetch(`${base}/status?code=200`)).headers.getSetCookie(),
  'early hints': async (fetch) => described(await fetch(`${base}/hints`)),
  'a header in Latin-1 and a text with a mark': async (fetch) => described(await fetch(`${base}/latin1`)),
  'a compressed body': async (fetch) => described(await fetch(`${base}/gzip`)),
  'a large body as a stream': async (fetch) => {
    let length = 0
    for await (const chunk of (await fetch(`${base}/large`)).body as AsyncIterable<Uint8Array>) length += chunk.byteLength
    return length
  },
  'a clone': async (fetch) => {
    const response = await fetch(`${base}/large`)
    const copy = response.clone()
    return [(await copy.text()).length, (await response.text()).length]
  },
  'a second reading': async (fetch) => {
    const response = await fetch(`${base}/hints`)
    await response.text()
    return response.text()
  },
  'headers cannot be changed': async (fetch) => (await fetch(`${base}/hints`)).headers.set('a', 'b'),
  'a body that is not JSON': async (fetch) => (await fetch(`${base}/hints`)).json(),
  'a redirect followed': async (fetch) => described(await fetch(`${base}/redirect?status=302&to=/status?code=200`)),
  'a redirect to another origin': async (fetch) => {
    const response = await fetch(`${base}/redirect?status=302&to=${base.replace('127.0.0.1', 'localhost')}/echo`, {
      headers: { authorization: 'a', 'x-b': 'c' },
    })
    const { type, redirected, url } = response
    return { type, redirected, url, echo: await echoed(response) }
  },
  'a redirect of a POST': async (fetch) => echoed(await fetch(`${base}/redirect?status=301&to=/echo`, { method: 'POST', body: 'x' })),
  'a redirect that keeps the method': async (fetch) =>
    echoed(await fetch(`${base}/redirect?status=307&to=/echo`, { method: 'POST', body: 'x' })),
  'a redirect of a stream': async (fetch) =>
    fetch(`${base}/redirect?status=307&to=/echo`, { method: 'POST', body: new Blob(['s']).stream(), ...half } as RequestInit),
  'a manual redirect': async (fetch) => described(await fetch(`${base}/redirect?status=302&to=/echo`, { redirect: 'manual' })),
  'a refused redirect': async (fetch) => fetch(`${base}/redirect?status=302&to=/echo`, { redirect: 'error' }),
  'a redirect to nowhere': async (fetch) => described(await fetch(`${base}/redirect?status=302`)),
  'a redirect in a circle': async (fetch) =>
    fetch(`${base}/redirect?status=302&to=${encodeURIComponent('/redirect?status=302&to=/redirect?status=302%26to=ftp:')}`),
  'a refused connection': async (fetch) => fetch('http://127.0.0.1:9'.replace(':9', ':49151')),
  'a body cut short': async (fetch) => (await fetch(`${base}/cut`)).text(),
  'a stream cut short': async (fetch) => {
    for await (const _ of (await fetch(`${base}/cut`)).body as AsyncIterable<Uint8Array>);
  },
  'leaving before the reply': async (fetch) => fetch(`${base}/hang`, { signal: AbortSignal.timeout(30) }),
  'leaving with a reason of any kind': async (fetch) => {
    const controller = new AbortController()
    setTimeout(() => controller.abort('a reason'), 30)
    return fetch(`${base}/hang`, { signal: controller.signal })
  },
  'leaving during the body': async (fetch) => {
    const controller = new AbortController()
    const response = await fetch(`${base}/slow-body`, { signal: controller.signal })
    setTimeout(() => controller.abort(), 30)
    return response.text()
  },
  'leaving before anything': async (fetch) => fetch(`${base}/echo`, { signal: AbortSignal.abort() }),
  'a bad URL': async (fetch) => fetch('/relative'),
  'a bad method': async (fetch) => fetch(base, { method: 'a b' }),
  'a forbidden method': async (fetch) => fetch(base, { method: 'TRACE' }),
  'a bad header': async (fetch) => fetch(base, { headers: { 'a b': '1' } }),
  'a body beside GET': async (fetch) => fetch(base, { body: 'x' }),
  'a stream without duplex': async (fetch) => fetch(base, { method: 'POST', body: new ReadableStream() }),
  'credentials in the URL': async (fetch) => fetch('http://a:b@127.0.0.1/'),
  'a data URL': async (fetch) => (await fetch('data:,hello')).text(),
}

for (const [name, run] of Object.entries(cases)) {
  test(`the door does what the built-in fetch does: ${name}`, { timeout: 60_000 }, async () => {
    const expected = await outcomeOf(run, globalThis.fetch)
    assert.deepEqual(await outcomeOf(run, door), expected)
  })
}

test('a wrong content-length is refused, where the built-in fetch may hang for ever', async () => {
  await assert.rejects(door(base, { method: 'POST', body: 'abc', headers: { 'content-length': '1' } }), TypeError)
})

test('a host header of the caller gives way to the host of the URL, as with the built-in fetch', async () => {
  for (const fetch of [globalThis.fetch, door]) {
    const echo = (await (await fetch(`${base}/echo`, { headers: { host: 'orders.internal' } })).json()) as {
      headers: Record<string, string>
    }
    assert.equal(echo.headers.host, new URL(base).host)
  }
})

test('headers that undici would stumble over do no harm', async () => {
  const headers = { connection: 'close', 'keep-alive': 'timeout=1', 'transfer-encoding': 'chunked', upgrade: 'websocket' }
  for (let i = 0; i < 3; i += 1) assert.equal((await door(`${base}/echo`, { headers })).status, 200)
})

test('a response that nobody reads does not block its connection for ever when it is cancelled', async () => {
  for (let i = 0; i < 200; i += 1) await (await door(`${base}/large`)).body?.cancel()
  assert.equal((await (await door(`${base}/large`)).bytes()).byteLength, 1_000_000)
})
