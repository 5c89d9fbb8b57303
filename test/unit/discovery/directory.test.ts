import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancellation } from '../../../src/call/cancellation.ts'
import type { RosterChange } from '../../../src/endpoint/roster.ts'
import { MeshError } from '../../../src/errors/mesh-error.ts'
import { openDirectory } from './open-directory.ts'
import { ScriptedResolver } from './scripted-resolver.ts'

const a = 'http://10.0.0.1:80'
const b = 'http://10.0.0.2:80'
const c = 'http://10.0.0.3:80'

test('a directory is unresolved until the first answer, and then resolved, empty or absent', async () => {
  const { directory, source, settle, addresses } = openDirectory()
  assert.equal(directory.state, 'unresolved')
  source.answer({ kind: 'absent' })
  await settle()
  assert.equal(directory.state, 'absent')
  source.answer([])
  await settle()
  assert.equal(directory.state, 'empty')
  source.answer([a, { url: b, weight: 3 }])
  await settle()
  assert.equal(directory.state, 'resolved')
  assert.deepEqual(addresses(), [a, b])
  assert.equal(directory.endpoints[1]?.weight, 3)
})

test('an endpoint stays the same object, and the version moves when something about one changes and only then', async () => {
  const { directory, source, settle } = openDirectory()
  source.answer([a, b])
  await settle()
  const [first] = directory.endpoints
  assert.equal(directory.version, 1)
  source.answer([b, a])
  await settle()
  assert.equal(directory.version, 1, 'another order is no change')
  source.answer([b, { url: a, zone: 'z1' }])
  await settle()
  assert.equal(directory.version, 2)
  assert.equal(directory.endpoints[1], first)
  source.answer([b])
  await settle()
  assert.equal(directory.version, 3)
})

test('listeners and the event tell what changed, until the listener leaves', async () => {
  const { directory, source, settle, host } = openDirectory()
  const changes: RosterChange[] = []
  const leave = directory.onChange((change) => changes.push(change))
  source.answer([a, b])
  await settle()
  source.answer([b, c])
  await settle()
  leave()
  source.answer([c])
  await settle()
  assert.equal(changes.length, 2)
  assert.deepEqual(
    changes[1]?.removed.map((endpoint) => endpoint.address),
    [a],
  )
  assert.deepEqual(host.events[1], { name: 'endpoints-changed', event: { service: 'orders', added: [c], removed: [a], total: 2 } })
})

test('a listener that throws hurts nobody', async () => {
  const { directory, source, settle, addresses, eventNames } = openDirectory()
  directory.onChange(() => {
    throw new Error('careless')
  })
  let told = 0
  directory.onChange(() => {
    told += 1
  })
  source.answer([a])
  await settle()
  assert.deepEqual(addresses(), [a])
  assert.equal(told, 1)
  assert.deepEqual(eventNames(), ['endpoints-changed', 'part-threw'])
  assert.equal(directory.snapshot().failures, 0)
})

test('a resolver that fails is started again with back-off, and the last good answer stays', async () => {
  const { directory, source, settle, host, addresses } = openDirectory({ backoff: { initial: '100ms', max: '1s' } })
  source.answer([a])
  await settle()
  source.fail(new Error('registry down'))
  await settle()
  assert.deepEqual(addresses(), [a])
  assert.equal(directory.state, 'resolved')
  assert.equal((directory.lastError as Error).message, 'registry down')
  assert.equal(source.watches.length, 1)
  await host.clock.advance(100)
  assert.equal(source.watches.length, 2)
  for (let i = 0; i < 20; i += 1) {
    source.fail(new Error('registry down'))
    await host.clock.advance(1_000)
  }
  assert.equal(source.watches.length, 22)
  const waits = host.events.flatMap((event) => (event.name === 'resolver-failed' ? [event.event.retryAfterMs] : []))
  assert.ok(
    waits.every((wait) => wait >= 50 && wait <= 1_000),
    `waits: ${waits}`,
  )
  assert.ok(Math.max(...waits) > 400, 'waits grow')
  assert.deepEqual(addresses(), [a])
  source.answer([a, b])
  await settle()
  assert.equal(directory.lastError, undefined)
  assert.deepEqual(host.events.at(-1), { name: 'resolver-recovered', event: { service: 'orders', resolver: 'scripted', failures: 21 } })
  assert.equal(directory.snapshot().failures, 0)
})

test('a resolver that answers and fails at once, again and again, is asked less and less often', async () => {
  const flapping = async function* () {
    starts += 1
    yield [a]
    throw new Error('flap')
  }
  let starts = 0
  const { host } = openDirectory(undefined, { name: 'flapping', watch: flapping })
  await host.clock.advance(60_000)
  assert.ok(starts > 5 && starts < 30, `${starts} starts in a minute`)
})

test('a resolver that worked for long starts again soon after its next failure', async () => {
  const { host, source } = openDirectory()
  for (let i = 0; i < 12; i += 1) {
    source.fail()
    await host.clock.advance(30_000)
  }
  source.answer([a])
  await host.clock.advance(60_000)
  source.fail()
  await host.clock.settle()
  const last = host.events.at(-1)
  assert.ok(last?.name === 'resolver-failed' && last.event.retryAfterMs <= 100)
})

test('a resolver that returns has given its final answer', async () => {
  const { directory, source, settle, host, addresses } = openDirectory()
  source.answer([a])
  source.finish()
  await settle()
  directory.refresh()
  await host.clock.advance(120_000)
  assert.equal(source.watches.length, 1)
  assert.deepEqual(addresses(), [a])
  assert.equal(directory.snapshot().failures, 0)
  host.clock.assertIdle()
})

test('a resolver that returns without an answer has failed', async () => {
  const { directory, source, settle } = openDirectory()
  source.finish()
  await settle()
  assert.match(String(directory.lastError), /resolver scripted: it ended without an answer/)
})

for (const [what, answer, message] of [
  ['a number', 7, /expected a list of endpoints or URLs, .*got 7/],
  ['nothing', undefined, /got undefined/],
  ['text', 'http://10.0.0.1', /expected a list of endpoints or URLs.*got "http/],
  ['an unknown kind', { kind: 'list' }, /got \{ kind: 'list' \}/],
  ['a kind without its list', { kind: 'endpoints' }, /expected a list as 'endpoints', got undefined/],
  ['a list with a hole in it', [a, null], /expected a URL or an object with a url as endpoint 1, got null/],
] as const) {
  test(`an answer that is ${what} is a fault, and the last good answer stays`, async () => {
    const { directory, source, settle, addresses } = openDirectory()
    source.answer([a])
    await settle()
    source.answerAnything(answer)
    await settle()
    assert.match(String(directory.lastError), message)
    assert.match(String(directory.lastError), /resolver scripted/)
    assert.deepEqual(addresses(), [a])
    assert.equal(source.ended, 1, 'the watch that gave it is over')
  })
}

test('a resolver whose watch is no async iterable has failed, with a message that says so', async () => {
  const { directory, settle } = openDirectory(undefined, { name: 'promising', watch: (async () => []) as never })
  await settle()
  assert.match(String(directory.lastError), /resolver promising: expected watch\(\) to return an async iterable, got Promise/)
})

test('an endpoint that cannot be used is left out and told once for as long as it is answered', async () => {
  const { directory, source, settle, host, addresses } = openDirectory()
  const bad = [{ url: 'ftp://x' }, { url: b, weight: -1 }, { url: c, labels: { version: 2 } as never }]
  source.answer([a, ...bad])
  await settle()
  source.answer([a, ...bad])
  await settle()
  assert.deepEqual(addresses(), [a])
  const refused = host.events.flatMap((event) =>
    event.name === 'endpoint-refused' ? [`${event.event.endpoint} ${event.event.problem}`] : [],
  )
  assert.equal(refused.length, 3)
  assert.match(refused.join('\n'), /ftp:\/\/x expected a URL.*/)
  assert.match(refused.join('\n'), /10\.0\.0\.2:80 weight: expected a number in \(0, Infinity\), got -1/)
  assert.match(refused.join('\n'), /10\.0\.0\.3:80 labels: expected texts by name such as \{ version: 'v2' \}, got \{ version: 2 \}/)
  assert.equal(directory.snapshot().failures, 0)
})

test('an answer of which nothing can be used is a fault', async () => {
  const { directory, source, settle, addresses } = openDirectory()
  source.answer([a])
  await settle()
  source.answer(['ftp://x', 'y z'])
  await settle()
  assert.match(String(directory.lastError), /resolver scripted: none of its 2 endpoints can be used; the first: "ftp:\/\/x"/)
  assert.deepEqual(addresses(), [a])
})

test('a sudden empty answer is held, and believed when it stays', async () => {
  const { directory, source, host, addresses } = openDirectory({ emptyGuard: '30s' })
  source.answer([a, b])
  await host.clock.settle()
  source.answer([])
  await host.clock.settle()
  assert.deepEqual(host.events.at(-1), {
    name: 'empty-answer-held',
    event: { service: 'orders', resolver: 'scripted', endpoints: 2, holdMs: 30_000 },
  })
  source.answer([])
  await host.clock.advance(29_999)
  assert.deepEqual(addresses(), [a, b])
  assert.equal(directory.snapshot().held, true)
  await host.clock.advance(1)
  assert.equal(directory.state, 'empty')
  assert.deepEqual(addresses(), [])
  assert.equal(directory.snapshot().held, false)
  assert.equal(host.events.filter((event) => event.name === 'empty-answer-held').length, 1)
})

test('an empty answer is forgotten when endpoints come back', async () => {
  const { directory, source, host, addresses } = openDirectory()
  source.answer([a])
  source.answer([])
  await host.clock.advance(10_000)
  source.answer([b])
  await host.clock.advance(60_000)
  assert.deepEqual(addresses(), [b])
  assert.equal(directory.state, 'resolved')
})

test('an empty answer of a resolver that then fails is not believed before the resolver says it again', async () => {
  const { source, host, addresses, directory } = openDirectory({ emptyGuard: '30s', backoff: { initial: '1s', max: '1s' } })
  source.answer([a])
  source.answer([])
  source.fail()
  await host.clock.settle()
  for (let i = 0; i < 50; i += 1) {
    source.fail()
    await host.clock.advance(1_000)
  }
  assert.deepEqual(addresses(), [a])
  source.answer([])
  await host.clock.settle()
  assert.equal(directory.state, 'empty')
})

test('absence, and an empty answer without a guard, are believed at once', async () => {
  const guarded = openDirectory()
  guarded.source.answer([a])
  guarded.source.answer({ kind: 'absent' })
  await guarded.settle()
  assert.equal(guarded.directory.state, 'absent')
  assert.deepEqual(guarded.addresses(), [])

  const trusting = openDirectory({ emptyGuard: false })
  trusting.source.answer([a])
  trusting.source.answer([])
  await trusting.settle()
  assert.equal(trusting.directory.state, 'empty')
})

test('settled() resolves at the first answer, and at once after it', async () => {
  const { directory, source, settle } = openDirectory()
  let settled = 0
  const cancellation = new Cancellation()
  void directory.settled(cancellation).then(() => (settled += 1))
  await settle()
  assert.equal(settled, 0)
  source.answer([])
  await settle()
  assert.equal(settled, 1)
  await directory.settled(cancellation)
})

test('settled() resolves at the first failure, when the caller leaves, and when the directory closes', async () => {
  const failing = openDirectory()
  const waits = failing.directory.settled(new Cancellation())
  failing.source.fail()
  await waits
  await failing.directory.settled(new Cancellation())
  assert.equal(failing.directory.state, 'unresolved')

  const { directory } = openDirectory()
  const leaver = new Cancellation()
  const left = directory.settled(leaver)
  leaver.cancel(new MeshError('ABORTED', 'the caller left', { service: 'orders', sent: false }))
  await left
  await directory.settled(leaver)
  const last = directory.settled(new Cancellation())
  await directory.close()
  await last
  await directory.settled(new Cancellation())
})

test('settled() leaves no listener on the cancellation', async () => {
  class Counting extends Cancellation {
    listeners = 0
    override add(listener: never): void {
      this.listeners += 1
      super.add(listener)
    }
    override remove(listener: never): void {
      this.listeners -= 1
      super.remove(listener)
    }
  }
  const { directory, source, settle } = openDirectory()
  const cancellation = new Counting()
  const waits = [directory.settled(cancellation), directory.settled(cancellation)]
  assert.equal(cancellation.listeners, 2)
  source.answer([a])
  await settle()
  await Promise.all(waits)
  assert.equal(cancellation.listeners, 0)
})

test('asking about a service that never resolved starts a failed resolver again, but not more than once in the refresh gap', async () => {
  const { directory, source, host } = openDirectory({ refreshGap: '1s', backoff: { initial: '30s', max: '30s' } })
  source.fail()
  await host.clock.settle()
  source.fail()
  for (let i = 0; i < 5; i += 1) await directory.settled(new Cancellation())
  await host.clock.settle()
  assert.equal(source.watches.length, 2)
  await host.clock.advance(999)
  assert.equal(source.watches.length, 2)
  await host.clock.advance(1)
  assert.equal(source.watches.length, 3)
})

test('refresh() wakes the resolver at once, then again when the gap is over', async () => {
  const { directory, source, host } = openDirectory({ refreshGap: '1s' })
  source.answer([a])
  await host.clock.settle()
  directory.refresh()
  await host.clock.settle()
  assert.equal(source.woken, 1)
  directory.refresh()
  directory.refresh()
  await host.clock.advance(999)
  assert.equal(source.woken, 1)
  await host.clock.advance(1)
  assert.equal(source.woken, 2)
  await host.clock.advance(10_000)
  assert.equal(source.woken, 2)
})

test('a wish for a fresh answer is satisfied by an answer that comes by itself', async () => {
  const { directory, source, host } = openDirectory({ refreshGap: '1s' })
  source.answer([a])
  await host.clock.settle()
  directory.refresh()
  directory.refresh()
  source.answer([a])
  await host.clock.advance(10_000)
  assert.equal(source.woken, 1)
})

test('refresh() starts a resolver that waits in back-off', async () => {
  const { directory, source, host } = openDirectory({ backoff: { initial: '30s', max: '30s' } })
  source.answer([a])
  source.fail()
  await host.clock.settle()
  directory.refresh()
  await host.clock.settle()
  assert.equal(source.watches.length, 2)
})

test('replace() stops the old resolver and keeps endpoints and their identity until the new one answers', async () => {
  const { directory, source, settle, addresses, host } = openDirectory()
  source.answer([a, b])
  await settle()
  const [first] = directory.endpoints
  const next = new ScriptedResolver('next')
  directory.replace(next, { emptyGuard: false })
  source.answer([c])
  await settle()
  assert.equal(source.ended, 1)
  assert.equal(source.watches[0]?.signal.aborted, true)
  assert.deepEqual(addresses(), [a, b])
  assert.equal(directory.snapshot().resolver, 'next')
  next.fail()
  await host.clock.advance(100)
  assert.deepEqual(addresses(), [a, b])
  next.answer([a, c])
  await settle()
  assert.equal(directory.endpoints[0], first)
  assert.deepEqual(addresses(), [a, c])
  next.answer([])
  await settle()
  assert.equal(directory.state, 'empty', 'the new options hold')
})

test('close() ends the watch, leaves no timer, and nothing that the resolver says later counts', async () => {
  const { directory, source, host, addresses } = openDirectory()
  source.answer([a])
  source.answer([])
  await host.clock.settle()
  directory.refresh()
  directory.refresh()
  await directory.close()
  host.clock.assertIdle()
  source.answer([b])
  await host.clock.settle()
  assert.equal(source.ended, 1)
  assert.deepEqual(addresses(), [a])
  directory.refresh()
  directory.replace(new ScriptedResolver('late'))
  host.clock.assertIdle()
})

test('close() during back-off ends the wait', async () => {
  const { directory, source, host } = openDirectory()
  source.fail()
  await host.clock.settle()
  await directory.close()
  host.clock.assertIdle()
  await host.clock.settle()
  assert.equal(source.watches.length, 1)
})

test('close() and replace() do not wait for a generator that ignores its signal, nor trip over what it throws later', async () => {
  let release: (() => void) | undefined
  const stubborn = {
    name: 'stubborn',
    async *watch() {
      yield [a]
      await new Promise<void>((resolve) => {
        release = resolve
      })
      throw new Error('too late')
    },
  }
  const { directory, host, addresses } = openDirectory(undefined, stubborn)
  await host.clock.settle()
  await directory.close()
  release?.()
  await host.clock.advance(60_000)
  assert.deepEqual(addresses(), [a])
  assert.equal(directory.snapshot().failures, 0)
})

test('an iterator without return(), or whose return() throws, is let go', async () => {
  const broken = (end: (() => never) | undefined) => ({
    name: 'broken',
    watch: () => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 5 as never }),
        ...(end === undefined ? {} : { return: end }),
      }),
    }),
  })
  const rude = (): never => {
    throw new Error('rude')
  }
  for (const resolver of [broken(undefined), broken(rude)]) {
    const { directory, settle } = openDirectory(undefined, resolver)
    await settle()
    assert.match(String(directory.lastError), /got 5/)
    await directory.close()
  }
})

test('a resolver that throws undefined, or before its first step, is a fault like any other', async () => {
  const silent = openDirectory()
  silent.source.fail(undefined)
  await silent.settle()
  assert.equal(silent.directory.snapshot().failures, 1)

  const early = openDirectory(undefined, {
    name: 'early',
    watch: () => {
      throw new Error('not even a generator')
    },
  })
  await early.settle()
  assert.match(String(early.directory.lastError), /not even a generator/)
})

test('a resolver that yields without waiting gets at most eight answers in ten milliseconds', async () => {
  let answers = 0
  const eager = {
    name: 'eager',
    async *watch() {
      for (;;) {
        answers += 1
        yield [`http://10.0.0.1:${1 + (answers % 100)}`]
      }
    },
  }
  const { directory, host } = openDirectory(undefined, eager)
  await host.clock.settle()
  assert.ok(answers <= 9, `${answers} answers`)
  await host.clock.advance(100)
  assert.ok(answers > 40 && answers <= 100, `${answers} answers`)
  await directory.close()
  host.clock.assertIdle()
})

test('the snapshot says where the endpoints come from and how old they are', async () => {
  const { directory, source, host } = openDirectory()
  const before = directory.snapshot()
  assert.deepEqual(before, {
    state: 'unresolved',
    resolver: 'scripted',
    endpoints: 0,
    answeredAt: undefined,
    ageMs: undefined,
    failures: 0,
    lastError: undefined,
    held: false,
    fromFile: false,
  })
  source.answer([a])
  await host.clock.settle()
  const answeredAt = host.clock.wallTime()
  await host.clock.advance(5_000)
  source.fail(new Error('registry down'))
  await host.clock.settle()
  const { state, ageMs, failures, lastError, answeredAt: at } = directory.snapshot()
  assert.deepEqual(
    { state, ageMs, failures, lastError, at },
    { state: 'resolved', ageMs: 5_000, failures: 1, lastError: 'registry down', at: answeredAt },
  )
})

test('what an address without a protocol means is read again when the TLS settings change', async () => {
  const { Directory } = await import('../../../src/discovery/directory.ts')
  const { Roster } = await import('../../../src/endpoint/roster.ts')
  const { testHost } = await import('../../../src/testing/test-host.ts')
  let secure = false
  const host = testHost()
  const source = new ScriptedResolver()
  const directory = new Directory({ service: 'orders', host, resolver: source, roster: new Roster(() => secure) })
  directory.start()
  source.answer(['10.0.0.1:8443'])
  await host.clock.settle()
  assert.equal(directory.endpoints[0]?.address, 'http://10.0.0.1:8443')
  secure = true
  directory.reread()
  assert.equal(directory.endpoints[0]?.address, 'https://10.0.0.1:8443')
  assert.equal(directory.version, 2)
})
