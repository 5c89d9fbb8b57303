import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call } from '../../../src/call/call.ts'
import type { Outcome } from '../../../src/call/outcome.ts'
import { answered, broken, doorTo, failureOf, headerSent, sentBytes, settle } from './door.ts'

const url = 'http://orders/v1'
const half = { method: 'PUT', duplex: 'half' } as const

/** A stream of some text, a letter at a time, that tells whether it was cancelled. */
function letters(text: string): { stream: ReadableStream<Uint8Array>; pulled: () => number; cancelled: unknown[] } {
  let next = 0
  const cancelled: unknown[] = []
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (next === text.length) controller.close()
        else controller.enqueue(Buffer.from(text[next] ?? ''))
        next += 1
      },
      cancel: (reason) => void cancelled.push(reason),
    },
    { highWaterMark: 0 },
  )
  return { stream, pulled: () => next, cancelled }
}

function iterate(call: Call): AsyncIterator<Uint8Array> {
  return (call.body.open() as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
}

/** Sends some pieces of the body, gives up, and says whether the body can be sent again. */
async function halfway(call: Call, pieces: number): Promise<boolean> {
  const iterator = iterate(call)
  for (let i = 0; i < pieces; i += 1) await iterator.next()
  await iterator.return?.()
  return call.body.sendable
}

test('a stream is sent once unless the caller says otherwise', async () => {
  const door = doorTo(async (call) => {
    assert.equal(await halfway(call, 2), false)
    return answered()
  })
  await door.fetch(url, { ...half, body: letters('abc').stream })
})

test('a stream that is kept is sent again from its start, and read from the caller once', async () => {
  const { stream, pulled, cancelled } = letters('abc')
  const door = doorTo(async (call) => {
    assert.equal(await halfway(call, 2), true)
    assert.equal(await halfway(call, 0), true)
    assert.equal(String(await sentBytes(call)), 'abc')
    assert.equal(String(await sentBytes(call)), 'abc')
    return answered()
  })
  await door.fetch(url, { ...half, body: stream, mesh: { replay: true } })
  assert.deepEqual([pulled(), cancelled], [4, []])
})

test('two attempts may read at the same time, and each gets everything', async () => {
  const door = doorTo(async (call) => {
    const [one, two] = await Promise.all([sentBytes(call), sentBytes(call)])
    assert.deepEqual([String(one), String(two)], ['abc', 'abc'])
    return answered()
  })
  await door.fetch(url, { ...half, body: letters('abc').stream, mesh: { replay: true } })
})

test('a stream that is longer than what is kept goes on, and is not sent again', async () => {
  const door = doorTo(async (call) => {
    const iterator = iterate(call)
    for (let i = 0; i < 3; i += 1) await iterator.next()
    assert.equal(call.body.sendable, true)
    let rest = ''
    for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) rest += String.fromCharCode(...step.value)
    assert.deepEqual([rest, call.body.sendable], ['de', false])
    assert.throws(() => call.body.open(), TypeError)
    return answered()
  })
  await door.fetch(url, { ...half, body: letters('abcde').stream, mesh: { replay: 3 } })
})

test('true keeps 64 KiB', async () => {
  for (const [extra, sendable] of [
    [0, true],
    [1, false],
  ] as const) {
    const door = doorTo(async (call) => {
      await sentBytes(call)
      assert.equal(call.body.sendable, sendable)
      return answered()
    })
    const body = new Blob([Buffer.alloc(64 * 1024 + extra)]).stream()
    await door.fetch(url, { ...half, body, mesh: { replay: true } })
  }
})

test('what is kept is a copy', async () => {
  const buffer = Buffer.from('before')
  const door = doorTo(async (call) => {
    await sentBytes(call)
    buffer.fill(0)
    assert.equal(String(await sentBytes(call)), 'before')
    return answered()
  })
  const body = (async function* () {
    yield buffer
  })()
  await door.fetch(url, { ...half, body, mesh: { replay: true } })
})

test('the stream of a Request is kept too', async () => {
  const slow = new ReadableStream<Uint8Array>({
    async start(controller) {
      await settle()
      controller.enqueue(Buffer.from('late'))
      controller.close()
    },
  })
  const door = doorTo(async (call) => {
    assert.deepEqual([String(await sentBytes(call)), String(await sentBytes(call))], ['late', 'late'])
    return answered()
  })
  await door.fetch(new Request(url, { ...half, body: slow }), { mesh: { replay: true } })
})

test('once the reply is there, nothing is kept, and a stream that nobody reads any more is cancelled', async () => {
  const { stream, cancelled } = letters('abc')
  const bodies: Call['body'][] = []
  const door = doorTo(async (call) => {
    bodies.push(call.body)
    await halfway(call, 1)
    return answered()
  })
  await door.fetch(url, { ...half, body: stream, mesh: { replay: true } })
  assert.deepEqual([bodies[0]?.sendable, cancelled], [false, [undefined]])
})

test('a stream that is still being sent when the reply comes is sent to its end', async () => {
  const { stream, cancelled } = letters('abc')
  let sending: AsyncIterator<Uint8Array> | undefined
  const door = doorTo(async (call) => {
    sending = iterate(call)
    await sending.next()
    return answered()
  })
  await door.fetch(url, { ...half, body: stream, mesh: { replay: true } })
  assert.deepEqual(
    [await sending?.next(), await sending?.next(), await sending?.next()].map((step) => step?.value?.toString()),
    ['b', 'c', undefined],
  )
  assert.deepEqual(cancelled, [])
})

test('a call that fails cancels the stream that is kept, and leaves one that was not begun', async () => {
  for (const pieces of [1, 0]) {
    const { stream, cancelled } = letters('abc')
    const door = doorTo(async (call) => {
      if (pieces > 0) await halfway(call, pieces)
      return broken('CONNECTION_LOST')
    })
    const { cause } = await failureOf(door.fetch(url, { ...half, body: stream, mesh: { replay: true } }))
    assert.deepEqual(cancelled, pieces > 0 ? [cause] : [])
  }
})

test('a caller that leaves cancels the stream that is kept', async () => {
  const { stream, cancelled } = letters('abc')
  const controller = new AbortController()
  const door = doorTo(async (call) => {
    await halfway(call, 1)
    return new Promise<Outcome>(() => {})
  })
  const fetching = door.fetch(url, { ...half, body: stream, mesh: { replay: true }, signal: controller.signal })
  await settle()
  controller.abort('gone')
  await assert.rejects(fetching, (reason) => reason === 'gone')
  assert.deepEqual(cancelled, ['gone'])
})

test('a stream that fails fails every attempt', async () => {
  const bad = new Error('disk on fire')
  const door = doorTo(async (call) => {
    for (let i = 0; i < 2; i += 1) await assert.rejects(sentBytes(call), bad)
    return answered()
  })
  const body = new ReadableStream({ pull: (controller) => controller.error(bad) })
  await door.fetch(url, { ...half, body, mesh: { replay: true } })
})

test('a redirect that keeps the method takes a kept stream along', async () => {
  const { stream, cancelled } = letters('abc')
  const door = doorTo(async (call) => {
    const sent = await sentBytes(call)
    return call.path === '/v1' ? answered({ status: 307, headers: { location: '/v2' } }) : answered({ body: sent })
  })
  assert.equal(await (await door.fetch(url, { ...half, body: stream, mesh: { replay: true } })).text(), 'abc')
  assert.deepEqual([door.calls.map((call) => call.path), cancelled], [['/v1', '/v2'], []])
})

test('a function makes the body anew for each attempt, and is not called before', async () => {
  let made = 0
  const make = () => {
    made += 1
    return letters(`number ${made}`).stream
  }
  const refusing = doorTo(() => broken('NO_ENDPOINT'))
  await failureOf(refusing.fetch(url, { method: 'PUT', body: make }))
  assert.equal(made, 0)
  const door = doorTo(async (call) => {
    assert.equal(await halfway(call, 3), true)
    return answered({ body: await sentBytes(call) })
  })
  assert.equal(await (await door.fetch(url, { method: 'PUT', body: make })).text(), 'number 2')
  assert.deepEqual([door.calls[0]?.body.length, headerSent(door.calls[0], 'content-type')], [undefined, undefined])
})

test('a function may make anything that needs no content type', async () => {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('x')
  }
  const door = doorTo(async (call) => answered({ body: await sentBytes(call) }))
  for (const make of [() => 'x', () => Buffer.from('x'), () => new Blob(['x']), () => new Blob(['x']).stream(), pieces]) {
    assert.equal(await (await door.fetch(url, { method: 'PUT', body: make })).text(), 'x')
  }
  const headers = { 'content-length': '1', 'content-type': 'a/b' }
  await door.fetch(url, { method: 'PUT', body: () => 'x', headers })
  assert.deepEqual([headerSent(door.calls.at(-1), 'content-length'), headerSent(door.calls.at(-1), 'content-type')], ['1', 'a/b'])
  for (const make of [() => new FormData(), () => undefined, () => () => 'x', () => null]) {
    await assert.rejects(door.fetch(url, { method: 'PUT', body: make as never }), /orders: init\.body\(\): expected text, bytes/)
  }
})

test('a caller that leaves cancels every stream that its function made', async () => {
  const cancelled: unknown[] = []
  const make = () => new ReadableStream({ cancel: (reason) => void cancelled.push(reason) })
  const controller = new AbortController()
  const door = doorTo((call) => {
    for (let i = 0; i < 2; i += 1) {
      iterate(call)
        .next()
        .catch(() => {})
    }
    return new Promise(() => {})
  })
  const fetching = door.fetch(url, { method: 'PUT', body: make, signal: controller.signal })
  await settle()
  controller.abort('gone')
  await assert.rejects(fetching, (reason) => reason === 'gone')
  assert.deepEqual(cancelled, ['gone', 'gone'])
})

test('a function beside GET or keepalive is refused', async () => {
  const door = doorTo(() => answered())
  await assert.rejects(door.fetch(url, { body: () => 'x' }), /expected no body beside the method GET/)
  await assert.rejects(door.fetch(url, { method: 'PUT', body: () => 'x', keepalive: true }), /init\.keepalive/)
})
