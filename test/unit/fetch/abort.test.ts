import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Call } from '../../../src/call/call.ts'
import type { Outcome } from '../../../src/call/outcome.ts'
import type { MeshError } from '../../../src/errors/mesh-error.ts'
import { answered, broken, doorTo, OpenReply, settle } from './door.ts'

const url = 'http://orders/v1'

function listenersOf(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length
}

/** Never answers; tells when it is cancelled. */
function hanging(cancelled: MeshError[]): (call: Call) => Promise<Outcome> {
  return (call) => {
    call.cancellation.add({ cancelled: (reason) => cancelled.push(reason) })
    return new Promise(() => {})
  }
}

async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'it did not fail',
    (reason: unknown) => reason,
  )
}

test('a signal that is aborted already rejects with its reason, and nothing is sent', async () => {
  const door = doorTo(() => answered())
  const reason = { any: 'value' }
  assert.equal(await reasonOf(door.fetch(url, { signal: AbortSignal.abort(reason) })), reason)
  const standard = await reasonOf(door.fetch(new Request(url, { signal: AbortSignal.abort() })))
  assert.ok(standard instanceof DOMException && standard.name === 'AbortError')
  assert.deepEqual([door.calls.length, door.asked.length], [0, 0])
})

test('wrong arguments come before an aborted signal', async () => {
  const door = doorTo(() => answered())
  await assert.rejects(door.fetch(url, { method: 'a b', signal: AbortSignal.abort('left') }), TypeError)
})

test('a caller that leaves before the reply gets exactly its reason, and the call is cancelled', async () => {
  const cancelled: MeshError[] = []
  const door = doorTo(hanging(cancelled))
  const controller = new AbortController()
  const fetching = door.fetch(url, { signal: controller.signal })
  await settle()
  controller.abort('gone')
  assert.equal(await reasonOf(fetching), 'gone')
  assert.deepEqual(
    cancelled.map(({ code, cause }) => [code, cause]),
    [['ABORTED', 'gone']],
  )
  assert.equal(listenersOf(controller.signal), 0)
})

test('a caller that leaves while a Request is its input gets the reason of that signal', async () => {
  const door = doorTo(hanging([]))
  const controller = new AbortController()
  const fetching = door.fetch(new Request(url, { signal: controller.signal }))
  await settle()
  controller.abort('gone')
  assert.equal(await reasonOf(fetching), 'gone')
})

test('a reply that comes after the caller left is given up', async () => {
  const reply = new OpenReply()
  let answer: (outcome: Outcome) => void = () => {}
  const door = doorTo(() => new Promise((resolve) => (answer = resolve)))
  const controller = new AbortController()
  const fetching = door.fetch(url, { signal: controller.signal })
  await settle()
  controller.abort()
  await reasonOf(fetching)
  answer(reply.outcome)
  await settle()
  assert.equal(reply.aborted, true)
})

test('a caller that leaves while it reads gets exactly its reason, and the rest is cut off', async () => {
  for (const read of ['text', 'json', 'bytes', 'arrayBuffer', 'blob', 'formData'] as const) {
    const reply = new OpenReply()
    const door = doorTo(() => reply.outcome)
    const controller = new AbortController()
    const response = await door.fetch(url, { signal: controller.signal })
    const reading = response[read]()
    reply.feed.push(Buffer.from('first'))
    await settle()
    const reason = new Error('gone')
    controller.abort(reason)
    assert.equal(await reasonOf(reading), reason)
    assert.deepEqual([reply.aborted, listenersOf(controller.signal)], [true, 0])
  }
})

test('a caller that leaves fails the stream of the body, read or not', async () => {
  const reply = new OpenReply()
  const door = doorTo(() => reply.outcome)
  const controller = new AbortController()
  const response = await door.fetch(url, { signal: controller.signal })
  const reader = response.body!.getReader()
  reply.feed.push(Buffer.from('first'))
  assert.equal(Buffer.from((await reader.read()).value!).toString(), 'first')
  controller.abort('gone')
  assert.equal(await reasonOf(reader.closed), 'gone')
  assert.equal(await reasonOf(reader.read()), 'gone')
  assert.equal(reply.aborted, true)
})

test('a caller that left gets its reason also from a body that had come as a whole', async () => {
  const door = doorTo(() => answered({ body: 'whole' }))
  for (const read of [(response: Response) => response.text(), (response: Response) => response.body!.getReader().read()]) {
    const controller = new AbortController()
    const response = await door.fetch(url, { signal: controller.signal })
    controller.abort('gone')
    assert.equal(await reasonOf(read(response)), 'gone')
  }
})

test('a caller that leaves in the same breath as it reads gets its reason', async () => {
  const door = doorTo(() => answered({ body: 'whole' }))
  const controller = new AbortController()
  const response = await door.fetch(url, { signal: controller.signal })
  const reading = response.text()
  controller.abort('gone')
  assert.equal(await reasonOf(reading), 'gone')
})

test('leaving after the body was read changes nothing', async () => {
  const door = doorTo(() => answered({ body: 'whole' }))
  const controller = new AbortController()
  const response = await door.fetch(url, { signal: controller.signal })
  assert.equal(await response.text(), 'whole')
  controller.abort()
  assert.equal(response.bodyUsed, true)
})

test('a signal keeps no listener of calls that are over', async () => {
  const { signal } = new AbortController()
  const outcomes = [
    answered({ body: 'x' }),
    answered({ status: 204 }),
    broken('CONNECTION_LOST'),
    answered({ status: 302, headers: { location: 'ftp://x' } }),
  ]
  const door = doorTo(() => outcomes.shift()!)
  await (await door.fetch(url, { signal })).text()
  await door.fetch(url, { signal })
  await reasonOf(door.fetch(url, { signal }))
  await reasonOf(door.fetch(url, { signal }))
  assert.equal(listenersOf(signal), 0)
})

test('a signal keeps its listener until the body is over', async () => {
  const reply = new OpenReply()
  const door = doorTo(() => reply.outcome)
  const { signal } = new AbortController()
  await door.fetch(url, { signal })
  assert.equal(listenersOf(signal), 1)
  reply.feed.end()
  assert.equal(listenersOf(signal), 0)
})

test('leaving cancels the stream that is being sent, and one that was not begun', async () => {
  for (const begin of [true, false]) {
    const reasons: unknown[] = []
    const stream = new ReadableStream({ cancel: (reason) => void reasons.push(reason) })
    let sending: Promise<unknown> = Promise.resolve()
    const door = doorTo((call) => {
      if (begin) sending = reasonOf((call.body.open() as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]().next())
      return new Promise(() => {})
    })
    const controller = new AbortController()
    const fetching = door.fetch(url, { method: 'POST', body: stream, duplex: 'half', signal: controller.signal })
    await settle()
    controller.abort('gone')
    assert.equal(await reasonOf(fetching), 'gone')
    // Whoever waits for a piece learns that there is none: an early end would look like a complete body.
    if (begin) assert.equal(await sending, 'gone')
    assert.deepEqual(reasons, ['gone'])
  }
})

test('leaving during a redirect ends the next request', async () => {
  const controller = new AbortController()
  const cancelled: MeshError[] = []
  const door = doorTo((call) => {
    if (call.path === '/v1') return answered({ status: 302, headers: { location: '/v2' } })
    return hanging(cancelled)(call)
  })
  const fetching = door.fetch(url, { signal: controller.signal })
  await settle()
  controller.abort('gone')
  assert.equal(await reasonOf(fetching), 'gone')
  assert.equal(cancelled.length, 1)
})

test('a response that is dropped unread is given up, although its signal lives on', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const { signal } = new AbortController()
  const reply = new OpenReply()
  const door = doorTo(() => reply.outcome)
  // In a function of its own, so that nothing on this stack holds the response.
  await (async () => {
    const response = await door.fetch(url, { signal })
    const reader = response.body!.getReader()
    const reading = reader.read()
    for (let i = 0; i < 4; i += 1) reply.feed.push(Buffer.alloc(64 * 1024))
    await reading
  })()
  ;(reply as { outcome: unknown }).outcome = undefined
  for (let i = 0; i < 20 && !reply.aborted; i += 1) {
    await settle()
    collect()
  }
  assert.deepEqual([reply.paused, reply.aborted, listenersOf(signal)], [true, true, 0])
})
