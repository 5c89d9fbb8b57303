import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { answered, broken, doorTo, echo, failureOf, headerSent, sentBytes, settle } from './door.ts'

const url = 'http://orders/v1'

test('each kind of body arrives as its bytes, with the content type of fetch', async () => {
  const door = doorTo(echo)
  const kinds: [unknown, string, string | undefined][] = [
    ['grüße', 'grüße', 'text/plain;charset=UTF-8'],
    [Buffer.from('buffer'), 'buffer', undefined],
    [new Uint8Array(Buffer.from('xarrayx')).subarray(1, 6), 'array', undefined],
    [new Uint8Array(Buffer.from('plain')).buffer, 'plain', undefined],
    [new DataView(new Uint8Array(Buffer.from('view')).buffer), 'view', undefined],
    [new URLSearchParams({ a: '1 2', b: 'ü' }), 'a=1+2&b=%C3%BC', 'application/x-www-form-urlencoded;charset=UTF-8'],
    [new Blob(['blob'], { type: 'text/csv' }), 'blob', 'text/csv'],
    [new Blob(['bare']), 'bare', undefined],
    [new Blob([], { type: 'text/csv' }), '', 'text/csv'],
    ['', '', 'text/plain;charset=UTF-8'],
    [12, '12', 'text/plain;charset=UTF-8'],
  ]
  for (const [body, text, contentType] of kinds) {
    const response = await door.fetch(url, { method: 'POST', body: body as never })
    assert.equal(await response.text(), text)
    assert.equal(headerSent(door.calls.at(-1), 'content-type'), contentType)
    assert.equal(door.calls.at(-1)?.body.length, Buffer.byteLength(text))
    assert.equal(door.calls.at(-1)?.body.sendable, true)
  }
})

test('a content type of the caller is kept', async () => {
  const door = doorTo(echo)
  await door.fetch(url, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } })
  assert.deepEqual(door.calls[0]?.headers.slice(0, 4), ['Content-Type', 'application/json', 'accept', '*/*'])
})

test('bytes are copied, so that changing them later changes nothing', async () => {
  const door = doorTo(() => answered())
  const bytes = Buffer.from('before')
  await door.fetch(url, { method: 'PUT', body: bytes })
  bytes.fill(0)
  assert.equal(String(await sentBytes(door.calls[0]!)), 'before')
})

test('a form arrives as the platform would encode it, with its length, and can be sent again', async () => {
  const door = doorTo(echo)
  const form = new FormData()
  form.append('na"me\n', 'a\nb')
  form.append('file', new File(['content'], 'fi"le.txt', { type: 'text/plain' }))
  form.append('nameless', new Blob(['raw']))
  const response = await door.fetch(url, { method: 'POST', body: form })
  const bytes = await response.bytes()
  const contentType = headerSent(door.calls[0], 'content-type') ?? ''
  const boundary = contentType.slice(contentType.indexOf('=') + 1)
  const platform = new Response(form)
  const theirs = platform.headers.get('content-type')?.split('=')[1] ?? ''
  // Older platforms leave the last line end out.
  assert.equal(Buffer.from(bytes).toString().trimEnd(), (await platform.text()).replaceAll(theirs, boundary).trimEnd())
  assert.equal(headerSent(door.calls[0], 'content-length'), String(bytes.byteLength))
  assert.equal(String(await sentBytes(door.calls[0]!)), Buffer.from(bytes).toString())
})

test('a stream arrives piece by piece and is sent once', async () => {
  const door = doorTo(echo)
  const stream = new Blob(['streamed']).stream()
  const response = await door.fetch(url, { method: 'POST', body: stream, duplex: 'half' })
  assert.equal(await response.text(), 'streamed')
  assert.deepEqual([door.calls[0]?.body.length, door.calls[0]?.body.sendable], [undefined, false])
})

test('async iterables are sent, of bytes or of text', async () => {
  const door = doorTo(echo)
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a')
    yield Buffer.from('b')
  }
  assert.equal(await (await door.fetch(url, { method: 'POST', body: pieces(), duplex: 'half' })).text(), 'ab')
  assert.equal(await (await door.fetch(url, { method: 'POST', body: Readable.from(['x', 'y']), duplex: 'half' })).text(), 'xy')
})

test('a stream without duplex, locked, read from, or beside keepalive is refused', async () => {
  const door = doorTo(echo)
  const locked = new ReadableStream()
  locked.getReader()
  const [read] = new Blob(['x']).stream().tee()
  const reader = read.getReader()
  await reader.read()
  reader.releaseLock()
  await assert.rejects(door.fetch(url, { method: 'POST', body: new ReadableStream() }), {
    name: 'TypeError',
    message: /orders: init\.duplex: expected 'half'/,
  })
  await assert.rejects(door.fetch(url, { method: 'POST', body: locked, duplex: 'half' }), {
    name: 'TypeError',
    message: /init\.body.*locked/,
  })
  await assert.rejects(door.fetch(url, { method: 'POST', body: read, duplex: 'half' }), {
    name: 'TypeError',
    message: /init\.body.*read from/,
  })
  await assert.rejects(door.fetch(url, { method: 'POST', body: new ReadableStream(), duplex: 'half', keepalive: true }), /init\.keepalive/)
  assert.equal(door.calls.length, 0)
})

test('a stream that fails fails the call, and its error is the cause', async () => {
  const bad = new Error('disk on fire')
  const door = doorTo(async (call) => {
    try {
      await sentBytes(call)
      return answered()
    } catch (error) {
      return broken('BODY_FAILED', error)
    }
  })
  const stream = new ReadableStream({ pull: (controller) => controller.error(bad) })
  const { error, cause } = await failureOf(door.fetch(url, { method: 'POST', body: stream, duplex: 'half' }))
  assert.deepEqual([error.message, cause.code, cause.cause], ['fetch failed', 'BODY_FAILED', bad])
})

test('a stream of text or of other views is sent as its bytes, and anything else fails when it is read', async () => {
  const door = doorTo(echo)
  const streamOf = (...pieces: unknown[]) =>
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece)
        controller.close()
      },
    })
  const post = { method: 'POST', duplex: 'half' } as const
  const pieces = ['tü', new Uint16Array([0x4142]), new DataView(Uint8Array.from([67, 68]).buffer, 1)]
  for (const length of ['6', undefined]) {
    const headers: Record<string, string> = length === undefined ? {} : { 'content-length': length }
    assert.equal(await (await door.fetch(url, { ...post, body: streamOf(...pieces), headers })).text(), 'tüBAD')
    assert.equal(await (await door.fetch(new Request(url, { ...post, body: streamOf(...pieces), headers }))).text(), 'tüBAD')
  }
  for (const piece of [1, null, {}, new ArrayBuffer(1)]) {
    await assert.rejects(door.fetch(url, { ...post, body: streamOf(piece) }), /expected a stream of Uint8Array or text/)
    await assert.rejects(door.fetch(new Request(url, { ...post, body: streamOf(piece) })), /expected a stream of Uint8Array or text/)
  }
})

test('a content-length of the caller is checked against bytes, and against a stream as it is read', async () => {
  const door = doorTo(echo)
  const send = (body: string | ReadableStream, length: number) =>
    door.fetch(url, { method: 'POST', body, duplex: 'half', headers: { 'content-length': String(length) } })
  assert.equal(await (await send('abc', 3)).text(), 'abc')
  assert.equal(headerSent(door.calls[0], 'content-length'), undefined)
  await assert.rejects(send('abc', 1), { name: 'TypeError', message: /content-length: expected 3, the length of the body, .*got 1/ })
  assert.equal(await (await send(new Blob(['abc']).stream(), 3)).text(), 'abc')
  assert.equal(headerSent(door.calls[1], 'content-length'), '3')
  await assert.rejects(send(new Blob(['abc']).stream(), 2), /1 bytes too many/)
  await assert.rejects(send(new Blob(['abc']).stream(), 5), /2 bytes too few/)
})

test('a stream is left as it was when the call never began to send it', async () => {
  const door = doorTo(() => broken('NO_ENDPOINT'))
  const stream = new Blob(['still here']).stream()
  await failureOf(door.fetch(url, { method: 'POST', body: stream, duplex: 'half' }))
  assert.equal(await new Response(stream).text(), 'still here')
})

test('a stream that was being sent is cancelled when the call fails', async () => {
  let cancelled: unknown
  const stream = new ReadableStream({
    cancel: (reason) => {
      cancelled = reason
    },
  })
  const door = doorTo(async (call) => {
    const pieces = (call.body.open() as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
    pieces.next().catch(() => {})
    await settle()
    return broken('CONNECTION_LOST')
  })
  const { cause } = await failureOf(door.fetch(url, { method: 'POST', body: stream, duplex: 'half' }))
  assert.equal(cancelled, cause)
})

test('a Request made of text or bytes is sent as a whole, and is used only then', async () => {
  const requests = ['text', Buffer.from('bytes'), new URLSearchParams({ a: '1' })].map((body) => new Request(url, { method: 'POST', body }))
  for (const request of requests) {
    const text = await request.clone().text()
    const refusing = doorTo(() => broken('NO_ENDPOINT'))
    await failureOf(refusing.fetch(request))
    assert.equal(request.bodyUsed, false)
    const door = doorTo(echo)
    assert.equal(await (await door.fetch(request)).text(), text)
    assert.deepEqual([door.calls[0]?.body.whole, door.calls[0]?.body.length, request.bodyUsed], [true, text.length, true])
    assert.equal(headerSent(door.calls[0], 'content-type'), request.headers.get('content-type') ?? undefined)
    await assert.rejects(door.fetch(request), { name: 'TypeError', message: /orders: input: .*already been used/ })
  }
})

test('a Request made of a Blob, or of another Request, is sent as a whole, too', async () => {
  const made = (body: string | Blob) => new Request(url, { method: 'POST', body })
  const requests = [
    made(new Blob(['from ', 'a blob'])),
    new Request(made('wrapped')),
    new Request(new Request(made('wrapped twice')).clone(), { headers: { a: '1' } }),
    new Request(made(new Blob(['a wrapped blob']))),
  ]
  for (const request of requests) {
    const text = await request.clone().text()
    const door = doorTo(echo)
    assert.equal(await (await door.fetch(request)).text(), text)
    assert.deepEqual([door.calls[0]?.body.whole, door.calls[0]?.body.length, request.bodyUsed], [true, text.length, true])
  }
})

test('a Request made of a form is sent as a whole when it is small, although its files come later', async () => {
  const form = new FormData()
  form.append('field', 'a')
  form.append('file', new File(['content'], 'name.txt'))
  const door = doorTo(echo)
  const request = new Request(url, { method: 'POST', body: form })
  const text = await request.clone().text()
  assert.equal(await (await door.fetch(request)).text(), text)
  assert.deepEqual([door.calls[0]?.body.whole, door.calls[0]?.body.sendable, request.bodyUsed], [true, true, true])
  form.append('large', new Blob([Buffer.alloc(100_000)]))
  const response = await door.fetch(new Request(url, { method: 'POST', body: form }))
  assert.ok((await response.bytes()).byteLength > 100_000)
  assert.equal(door.calls[1]?.body.whole, false)
})

test('a stream that only says it is a form is not waited for', async () => {
  const door = doorTo(() => answered({ body: 'early' }))
  const headers = { 'content-type': 'multipart/form-data; boundary=mine' }
  const request = new Request(url, { method: 'POST', body: new ReadableStream(), duplex: 'half', headers })
  assert.equal(await (await door.fetch(request)).text(), 'early')
})

test('a Request whose body comes later is streamed, and its stream is not asked for more than is sent', async () => {
  let pulls = 0
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        pulls += 1
        await settle()
        if (pulls <= 3) controller.enqueue(Buffer.from(`${pulls}`))
        else controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const request = new Request(url, { method: 'POST', body: stream, duplex: 'half' })
  const door = doorTo(echo)
  assert.equal(await (await door.fetch(request)).text(), '123')
  assert.deepEqual([door.calls[0]?.body.whole, door.calls[0]?.body.length, request.bodyUsed], [false, undefined, true])
})

test('the options win over the Request, and what they leave out comes from it', async () => {
  const door = doorTo(echo)
  const request = new Request(url, { method: 'POST', body: 'old', headers: { a: '1' }, redirect: 'manual' })
  assert.equal(await (await door.fetch(request, { method: 'PUT', body: 'new' })).text(), 'new')
  assert.deepEqual([door.calls[0]?.method, headerSent(door.calls[0], 'a'), request.bodyUsed], ['PUT', '1', false])
  await door.fetch(request, { headers: { b: '2' } })
  assert.deepEqual([door.calls[1]?.method, headerSent(door.calls[1], 'a'), headerSent(door.calls[1], 'b')], ['POST', undefined, '2'])
})

test('a body beside GET or HEAD is refused', async () => {
  const door = doorTo(echo)
  await assert.rejects(door.fetch(url, { body: 'x' }), {
    name: 'TypeError',
    message: /orders: init\.body: expected no body beside the method GET/,
  })
  await assert.rejects(door.fetch(new Request(url, { method: 'POST', body: 'x' }), { method: 'HEAD' }), TypeError)
})
