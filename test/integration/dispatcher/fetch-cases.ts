/**
 * What a fetch that is given the mesh's dispatcher, or finds it as the global one, has to get right: on every Node and with every undici, in
 * this process and in others.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'

/** A fetch, whoever's; the URL is always text. */
export type AnyFetch = (input: string, init?: object) => Promise<Response>

/** What a case needs of the undici that a fetch belongs to. */
export interface Classes {
  readonly FormData: typeof FormData
}

/** Answers what the cases ask for. */
export async function startServer(): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://server')
    switch (pathname) {
      case '/json':
        response.setHeader('content-type', 'application/json').setHeader('set-cookie', ['a=1', 'b=2'])
        response.end(JSON.stringify({ host: request.headers.host, method: request.method }))
        break
      case '/gzip':
        response.setHeader('content-encoding', 'gzip').end(gzipSync('compressed text'))
        break
      case '/brotli':
        response.setHeader('content-encoding', 'br').end(brotliCompressSync('compressed text'))
        break
      case '/redirect':
        response.writeHead(307, { location: '/echo' }).end('moved')
        break
      case '/echo': {
        // Some of them leave in the middle.
        const body = Buffer.concat(await request.toArray().catch(() => []))
        response
          .setHeader('x-content-type', request.headers['content-type'] ?? '')
          .setHeader('x-length', request.headers['content-length'] ?? 'none')
        response.end(body)
        break
      }
      case '/empty':
        response.writeHead(204, { 'x-a': '1' }).end()
        break
      case '/unchanged':
        response.writeHead(304, { etag: '"1"' }).end()
        break
      case '/early':
        response.writeHead(413).end('too big')
        break
      case '/trailers':
        response.writeHead(200, { trailer: 'x-sum' }).write('with trailers')
        response.addTrailers({ 'x-sum': '1' })
        response.end()
        break
      case '/lost':
        request.socket.destroy()
        break
      case '/hints':
        response.writeEarlyHints({ link: '</a.css>; rel=preload' })
        response.end('after hints')
        break
      case '/hang':
        break
      case '/cut':
        response.writeHead(200, { 'content-length': '100' }).write('only this')
        setTimeout(() => request.socket.destroy(), 10)
        break
      case '/large':
        response.end(Buffer.alloc(3_000_000, 'x'))
        break
      default:
        response.writeHead(404, 'Nothing Here').end('nothing')
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const text = async (reply: Promise<Response>) => (await reply).text()

/** Each case gets a fetch, and the classes that belong to it. */
export const cases: Readonly<Record<string, (fetch: AnyFetch, classes: Classes) => Promise<void>>> = {
  'a reply has its status, headers, cookies and body': async (fetch) => {
    const reply = await fetch('http://orders/json')
    assert.equal(reply.status, 200)
    assert.equal(reply.statusText, 'OK')
    assert.deepEqual(reply.headers.getSetCookie(), ['a=1', 'b=2'])
    assert.deepEqual(await reply.json(), { host: 'orders', method: 'GET' })
  },
  'a reply that is none has its status text': async (fetch) => {
    const reply = await fetch('http://orders/none')
    assert.deepEqual([reply.status, reply.statusText, await reply.text()], [404, 'Nothing Here', 'nothing'])
  },
  'a HEAD has no body': async (fetch) => {
    assert.equal(await text(fetch('http://orders/json', { method: 'HEAD' })), '')
  },
  'compressed replies are decoded': async (fetch) => {
    assert.equal(await text(fetch('http://orders/gzip')), 'compressed text')
    assert.equal(await text(fetch('http://orders/brotli')), 'compressed text')
  },
  'a redirect is followed, with its body': async (fetch) => {
    const reply = await fetch('http://orders/redirect', { method: 'POST', body: 'hello' })
    assert.equal(reply.url, 'http://orders/echo')
    assert.equal(reply.redirected, true)
    assert.equal(await reply.text(), 'hello')
  },
  'text is sent': async (fetch) => {
    const reply = await fetch('http://orders/echo', { method: 'POST', body: 'grüße' })
    assert.equal(reply.headers.get('x-content-type'), 'text/plain;charset=UTF-8')
    assert.equal(reply.headers.get('x-length'), '7')
    assert.equal(await reply.text(), 'grüße')
  },
  'nothing is sent': async (fetch) => {
    const reply = await fetch('http://orders/echo', { method: 'POST' })
    assert.equal(reply.headers.get('x-length'), '0')
    assert.equal(await text(fetch('http://orders/echo', { method: 'POST', body: '' })), '')
  },
  'bytes, blobs and parameters are sent': async (fetch) => {
    const send = (body: unknown) => text(fetch('http://orders/echo', { method: 'POST', body }))
    assert.equal(await send(new TextEncoder().encode('bytes')), 'bytes')
    assert.equal(await send(new Blob(['blob'], { type: 'text/x' })), 'blob')
    assert.equal(await send(new URLSearchParams({ a: '1 2' })), 'a=1+2')
  },
  'a form is sent': async (fetch, { FormData }) => {
    const form = new FormData()
    form.append('field', 'value')
    form.append('file', new File(['content'], 'name.txt', { type: 'text/plain' }))
    const reply = await fetch('http://orders/echo', { method: 'POST', body: form })
    const read = await new Response(await reply.text(), {
      headers: { 'content-type': reply.headers.get('x-content-type') ?? '' },
    }).formData()
    assert.equal(read.get('field'), 'value')
    assert.equal(await (read.get('file') as File).text(), 'content')
  },
  'a stream is sent in pieces': async (fetch) => {
    const body = new Blob(['in ', 'pieces']).stream()
    const reply = await fetch('http://orders/echo', { method: 'POST', body, duplex: 'half' })
    assert.equal(reply.headers.get('x-length'), 'none')
    assert.equal(await reply.text(), 'in pieces')
  },
  'a large reply is streamed': async (fetch) => {
    let bytes = 0
    for await (const chunk of (await fetch('http://orders/large')).body ?? []) bytes += chunk.length
    assert.equal(bytes, 3_000_000)
  },
  'early hints do no harm': async (fetch) => {
    assert.equal(await text(fetch('http://orders/hints')), 'after hints')
  },
  'replies without a body are whole': async (fetch) => {
    const empty = await fetch('http://orders/empty', { method: 'DELETE' })
    assert.deepEqual([empty.status, empty.headers.get('x-a'), empty.body, await empty.text()], [204, '1', null, ''])
    const unchanged = await fetch('http://orders/unchanged', { headers: { 'if-none-match': '"1"' } })
    assert.deepEqual([unchanged.status, unchanged.headers.get('etag'), await unchanged.text()], [304, '"1"', ''])
  },
  'trailers do no harm': async (fetch) => {
    assert.equal(await text(fetch('http://orders/trailers')), 'with trailers')
  },
  'methods and large bodies arrive as they are': async (fetch) => {
    const large = Buffer.alloc(1_000_000, 'abc')
    for (const method of ['PUT', 'PATCH', 'DELETE', 'POST']) {
      const reply = await fetch('http://orders/echo', { method, body: large })
      assert.equal(Buffer.compare(Buffer.from(await reply.arrayBuffer()), large), 0, method)
    }
  },
  'a reader may be slow, copy, and leave': async (fetch) => {
    const reply = await fetch('http://orders/large')
    const copy = reply.clone()
    let bytes = 0
    for await (const chunk of reply.body ?? []) {
      bytes += chunk.length
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    assert.equal(bytes, 3_000_000)
    assert.equal((await copy.arrayBuffer()).byteLength, 3_000_000)
    await (await fetch('http://orders/large')).body?.cancel()
  },
  'a reply that comes before the whole request is read is a reply': async (fetch) => {
    let pieces = 0
    const body = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 2))
        if (pieces === 20) controller.close()
        else controller.enqueue(new Uint8Array(1_000))
        pieces += 1
      },
    })
    const reply = await fetch('http://orders/early', { method: 'POST', body, duplex: 'half' })
    assert.deepEqual([reply.status, await reply.text()], [413, 'too big'])
  },
  'a stream of the caller that fails ends the call': async (fetch) => {
    const broken = new Error('broken')
    const body = new ReadableStream({ start: (controller) => controller.error(broken) })
    await assert.rejects(fetch('http://orders/echo', { method: 'POST', body, duplex: 'half' }))
  },
  'a connection that is lost is an error with the code of undici': async (fetch) => {
    await assert.rejects(fetch('http://orders/lost', { method: 'POST' }), (error: Error & { cause: { code: string } }) => {
      assert.deepEqual([error.message, error.cause.code], ['fetch failed', 'UND_ERR_SOCKET'])
      return true
    })
  },
  'an abort before the call, or during an upload, gives the reason back': async (fetch) => {
    const reason = new Error('enough')
    await assert.rejects(fetch('http://orders/json', { signal: AbortSignal.abort(reason) }), reason)
    const controller = new AbortController()
    const body = new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array(10)) })
    const pending = fetch('http://orders/echo', { method: 'POST', body, duplex: 'half', signal: controller.signal })
    setTimeout(() => controller.abort(reason), 20)
    await assert.rejects(pending, reason)
  },
  'an abort gives the reason back': async (fetch) => {
    const reason = new Error('enough')
    const controller = new AbortController()
    const pending = fetch('http://orders/hang', { signal: controller.signal })
    setTimeout(() => controller.abort(reason), 20)
    await assert.rejects(pending, reason)
  },
  'an abort during the body gives the reason back': async (fetch) => {
    const reason = new Error('enough')
    const controller = new AbortController()
    const reply = await fetch('http://orders/large', { signal: controller.signal })
    const reading = reply.text()
    controller.abort(reason)
    await assert.rejects(reading, reason)
  },
  'a body that is cut short is an error': async (fetch) => {
    const reply = await fetch('http://orders/cut')
    await assert.rejects(reply.text(), { message: 'terminated' })
  },
  'a service that nobody knows is an error with the cause of the mesh': async (fetch) => {
    await assert.rejects(fetch('http://nobody/'), (error: Error & { cause: { code: string } }) => {
      assert.equal(error.message, 'fetch failed')
      assert.equal(error.cause.code, 'UNKNOWN_SERVICE')
      return true
    })
  },
}
