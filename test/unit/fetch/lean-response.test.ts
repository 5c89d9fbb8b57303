import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { MeshError } from '../../../src/errors/mesh-error.ts'
import { LeanResponse } from '../../../src/fetch/lean-response.ts'
import { type Answer, answered, doorTo, OpenReply, settle } from './door.ts'

const url = 'http://orders/v1'

async function responseTo(answer: Answer, method = 'GET'): Promise<Response> {
  return doorTo(() => answered(answer)).fetch(url, { method })
}

async function openResponse(): Promise<{ response: Response; reply: OpenReply }> {
  const reply = new OpenReply()
  return { response: await doorTo(() => reply.outcome).fetch(url), reply }
}

test('every member of the platform Response is overridden, and nothing else is there', () => {
  const own = (prototype: object) => Object.getOwnPropertyNames(prototype).sort()
  assert.deepEqual(own(LeanResponse.prototype), own(Response.prototype))
})

test('a response is a Response', async () => {
  const response = await responseTo({ status: 201, statusText: 'Created', headers: { 'x-a': '1' }, body: 'hi' })
  assert.ok(response instanceof Response)
  assert.equal(Object.prototype.toString.call(response), '[object Response]')
  assert.equal(response.constructor, Response)
  const { status, statusText, ok, redirected, type, bodyUsed } = response
  assert.deepEqual([status, statusText, ok, redirected, type, bodyUsed, response.url], [201, 'Created', true, false, 'basic', false, url])
})

test('the members of a response are enumerable, as the platform has them', () => {
  const enumerable = (prototype: object) => Object.keys(prototype).sort()
  assert.deepEqual(enumerable(LeanResponse.prototype), enumerable(Response.prototype))
})

test('a response can be put into a platform Response, and into Node streams', async () => {
  const again = new Response((await responseTo({ body: 'hi' })).body, await responseTo({ status: 202, headers: { a: '1' } }))
  assert.deepEqual([again.status, again.headers.get('a'), await again.text()], [202, '1', 'hi'])
  const pieces = await Readable.fromWeb((await responseTo({ body: 'node' })).body as never).toArray()
  assert.equal(Buffer.concat(pieces).toString(), 'node')
})

test('ok is true for 2xx alone', async () => {
  for (const [status, ok] of [
    [200, true],
    [299, true],
    [300, false],
    [404, false],
    [500, false],
  ] as const) {
    assert.equal((await responseTo({ status })).ok, ok)
  }
})

test('headers are the same object every time, joined as fetch joins them, and cannot be changed', async () => {
  const { headers } = await responseTo({ headers: { 'content-type': 'a/b', 'set-cookie': ['a=1', 'b=2'], vary: ['x', 'y'] } })
  assert.ok(headers instanceof Headers)
  assert.deepEqual([headers.get('Content-Type'), headers.get('vary'), headers.getSetCookie()], ['a/b', 'x, y', ['a=1', 'b=2']])
  for (const change of [() => headers.set('a', 'b'), () => headers.append('a', 'b'), () => headers.delete('vary')]) {
    assert.throws(change, { name: 'TypeError', message: 'immutable' })
  }
  for (const change of [
    () => headers.set('a b', 'c'),
    () => headers.append('a', 'b\nc'),
    () => headers.delete(''),
    () => Reflect.apply(headers.set, headers, []),
  ]) {
    assert.throws(change, (error: Error) => error instanceof TypeError && error.message !== 'immutable')
  }
  assert.equal(new Headers(headers).get('vary'), 'x, y')
  const response = await responseTo({})
  assert.equal(response.headers, response.headers)
})

test('a body is read in every form', async () => {
  const body = '{"a":"ü"}'
  const bytes = Buffer.from(body)
  assert.equal(await (await responseTo({ body })).text(), body)
  assert.deepEqual(await (await responseTo({ body })).json(), { a: 'ü' })
  assert.deepEqual(Buffer.from(await (await responseTo({ body })).bytes()), bytes)
  assert.deepEqual(Buffer.from(await (await responseTo({ body })).arrayBuffer()), bytes)
  const blob = await (await responseTo({ body, headers: { 'content-type': 'application/json;charset=utf-8' } })).blob()
  assert.deepEqual([await blob.text(), blob.type], [body, 'application/json;charset=utf-8'])
  const form = await (
    await responseTo({ body: 'a=1&b=%C3%BC', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  ).formData()
  assert.deepEqual(
    [...form],
    [
      ['a', '1'],
      ['b', 'ü'],
    ],
  )
})

test('a body in pieces is read as one, also when a piece ends within a character', async () => {
  const bytes = Buffer.from('grüße')
  const pieces = [...bytes].map((byte) => Uint8Array.of(byte))
  assert.equal(await (await responseTo({ body: pieces })).text(), 'grüße')
  assert.deepEqual(Buffer.from(await (await responseTo({ body: pieces })).bytes()), bytes)
})

test('a byte order mark is not part of the text', async () => {
  assert.equal(await (await responseTo({ body: '\ufeffhi' })).text(), 'hi')
  assert.deepEqual(await (await responseTo({ body: '\ufeff[1]' })).json(), [1])
})

test("bytes that are handed out are nobody else's", async () => {
  const shared = Buffer.from('shared')
  const bytes = await (await responseTo({ body: [shared] })).bytes()
  bytes.fill(0)
  const { value } = await (await responseTo({ body: [shared] })).body!.getReader().read()
  value!.fill(0)
  assert.equal(String(shared), 'shared')
})

test('a body that is not JSON, or no form, is an error of its own kind', async () => {
  await assert.rejects((await responseTo({ body: '{' })).json(), SyntaxError)
  await assert.rejects((await responseTo({})).json(), SyntaxError)
  await assert.rejects((await responseTo({ body: 'x' })).formData(), TypeError)
})

test('a body is read once', async () => {
  const response = await responseTo({ body: 'once' })
  const first = response.text()
  assert.equal(response.bodyUsed, true)
  await assert.rejects(response.text(), { name: 'TypeError', message: /Body is unusable/ })
  await assert.rejects(response.json(), TypeError)
  assert.throws(() => response.clone(), TypeError)
  assert.equal(await first, 'once')
  assert.deepEqual([response.body?.locked, Readable.isDisturbed(response.body as never)], [true, true])
})

test('a body whose stream is locked, or was read from, cannot be read otherwise', async () => {
  const response = await responseTo({ body: 'x' })
  const reader = response.body!.getReader()
  assert.equal(response.bodyUsed, false)
  await assert.rejects(response.text(), TypeError)
  await reader.read()
  reader.releaseLock()
  assert.equal(response.bodyUsed, true)
  await assert.rejects(response.text(), TypeError)
})

test('asking for the stream does not use the body', async () => {
  const response = await responseTo({ body: 'x' })
  assert.equal(response.body, response.body)
  assert.equal(response.bodyUsed, false)
  assert.equal(await response.text(), 'x')
  assert.equal(response.bodyUsed, true)
})

test('a stream gives bytes, to any kind of reader', async () => {
  const chunks: Uint8Array[] = []
  for await (const chunk of (await responseTo({ body: [Buffer.from('a'), Buffer.from('b')] })).body!) chunks.push(chunk)
  assert.ok(chunks.every((chunk) => chunk.constructor === Uint8Array))
  assert.equal(Buffer.concat(chunks).toString(), 'ab')
  const reader = (await responseTo({ body: 'abc' })).body!.getReader({ mode: 'byob' })
  const first = await reader.read(new Uint8Array(2))
  const second = await reader.read(new Uint8Array(2))
  assert.deepEqual([Buffer.from(first.value!).toString(), Buffer.from(second.value!).toString()], ['ab', 'c'])
  assert.equal((await reader.read(new Uint8Array(2))).done, true)
})

test('a stream that is cancelled gives the rest up', async () => {
  const { response, reply } = await openResponse()
  await response.body!.cancel('enough')
  assert.deepEqual([reply.aborted, response.bodyUsed], [true, true])
})

test('a reader that only waits for the end is told of it, and of a failure', async () => {
  const cut = new MeshError('CONNECTION_LOST', 'cut', { service: 'orders', sent: true })
  assert.equal(await (await responseTo({})).body!.getReader().closed, undefined)
  const whole = (await responseTo({ body: 'x' })).body!.getReader()
  await whole.read()
  assert.equal(await whole.closed, undefined)
  for (const fails of [false, true]) {
    const { response, reply } = await openResponse()
    const reader = response.body!.getReader()
    reply.feed.push(Buffer.from('x'))
    await reader.read()
    const closed = reader.closed.then(
      () => 'closed',
      (error: Error) => error.cause,
    )
    if (fails) reply.feed.fail(cut)
    else reply.feed.end()
    assert.equal(await closed, fails ? cut : 'closed')
  }
  const { response, reply } = await openResponse()
  reply.feed.push(Buffer.from('x'))
  reply.feed.fail(cut)
  const reader = response.body!.getReader()
  assert.equal((await reader.read()).value?.byteLength, 1)
  await assert.rejects(reader.closed, { name: 'TypeError', message: 'terminated', cause: cut })
})

test('a body that is over is read to its end before its stream closes or fails', async () => {
  const { response, reply } = await openResponse()
  const reader = response.body!.getReader()
  reply.feed.push(Buffer.from('left'))
  reply.feed.fail(new MeshError('CONNECTION_LOST', 'cut', { service: 'orders', sent: true }))
  assert.equal(Buffer.from((await reader.read()).value!).toString(), 'left')
  await assert.rejects(reader.read(), { name: 'TypeError', message: 'terminated' })
})

test('a stream asks the wire for no more than is read', async () => {
  const { response, reply } = await openResponse()
  const reader = response.body!.getReader()
  for (let i = 0; i < 3; i += 1) reply.feed.push(Buffer.alloc(40_000))
  await settle()
  assert.equal(reply.paused, true)
  for (let i = 0; i < 3; i += 1) await reader.read()
  assert.equal(reply.paused, false)
  reply.feed.end()
  assert.equal((await reader.read()).done, true)
})

test('a body of very many pieces is streamed as any other', async () => {
  const one = Uint8Array.of(120)
  let length = 0
  for await (const chunk of (await responseTo({ body: new Array<Uint8Array>(30_000).fill(one) })).body!) length += chunk.byteLength
  assert.equal(length, 30_000)
})

test('a response that has no body has none, however often it is read', async () => {
  for (const [status, method] of [
    [204, 'GET'],
    [205, 'GET'],
    [304, 'GET'],
    [200, 'HEAD'],
    [404, 'HEAD'],
  ] as const) {
    const response = await responseTo({ status, body: 'ignored', headers: { 'content-encoding': 'gzip' } }, method)
    assert.deepEqual([response.body, response.bodyUsed, await response.text(), await response.text()], [null, false, '', ''])
    assert.equal((await response.bytes()).byteLength, 0)
    assert.equal(response.clone().body, null)
  }
})

test('a clone is read by itself, whether the body has come or not', async () => {
  const whole = await responseTo({ status: 202, body: 'twice', headers: { a: '1' } })
  const copy = whole.clone()
  assert.ok(copy instanceof Response)
  assert.deepEqual([copy.status, copy.headers.get('a'), copy.url], [202, '1', url])
  assert.deepEqual([await copy.text(), await whole.text()], ['twice', 'twice'])
  const { response, reply } = await openResponse()
  const clones = [response.clone(), response.clone()]
  reply.feed.push(Buffer.from('late'))
  reply.feed.end()
  assert.deepEqual(await Promise.all([response, ...clones].map((one) => one.text())), ['late', 'late', 'late'])
})

test('a clone of a clone has the whole body, and its bytes are its own', async () => {
  const first = await responseTo({ body: 'x' })
  const second = first.clone()
  const third = second.clone()
  const { value } = await third.body!.getReader().read()
  value!.fill(0)
  assert.deepEqual([await first.text(), await second.text()], ['x', 'x'])
})

test('a body that is cut short fails every way of reading it, with the reason as cause', async () => {
  const cut = new MeshError('CONNECTION_LOST', 'cut', { service: 'orders', sent: true })
  const ways: ((response: Response) => Promise<unknown>)[] = [
    (response) => response.text(),
    (response) => response.bytes(),
    (response) => response.clone().text(),
    async (response) => {
      for await (const piece of response.body!) assert.equal(Buffer.from(piece).toString(), 'some')
    },
  ]
  for (const way of ways) {
    for (const failsEarly of [true, false]) {
      const { response, reply } = await openResponse()
      reply.feed.push(Buffer.from('some'))
      if (failsEarly) reply.feed.fail(cut)
      else setImmediate(() => reply.feed.fail(cut))
      await assert.rejects(
        way(response),
        (error: Error) => error instanceof TypeError && error.message === 'terminated' && error.cause === cut,
      )
    }
  }
})

test('a text stream is there where the platform has one', async () => {
  const response = (await responseTo({ body: 'grüße' })) as Response & { textStream?(): ReadableStream<string> }
  assert.equal('textStream' in response, 'textStream' in Response.prototype)
  if (response.textStream === undefined) return
  let text = ''
  for await (const piece of response.textStream()) text += piece
  assert.equal(text, 'grüße')
  assert.throws(() => response.textStream?.(), TypeError)
})

test('a response prints what it is', async () => {
  const text = inspect(await responseTo({ status: 418, headers: { a: '1' }, body: 'x' }))
  for (const part of [/^Response \{/, /status: 418/, /url: 'http:\/\/orders\/v1'/, /a: '1'/, /ReadableStream/]) assert.match(text, part)
})

test('the stream of a clone closes with its last piece, also for a caller who has left', async () => {
  for (const text of ['', 'abc']) {
    const controller = new AbortController()
    const door = doorTo(() => answered({ body: text }))
    const response = await door.fetch('http://orders/', { signal: controller.signal })
    await response.clone().text()
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    if (text !== '') await reader.read()
    controller.abort()
    await reader.closed
    assert.deepEqual(await reader.read(), { done: true, value: undefined })
  }
})
