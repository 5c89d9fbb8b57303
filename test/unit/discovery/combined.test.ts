import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstOf } from '../../../src/discovery/first-of.ts'
import { fixed } from '../../../src/discovery/fixed.ts'
import { merge } from '../../../src/discovery/merge.ts'
import type { ResolverPart } from '../../../src/discovery/resolver.ts'
import { ConfigError } from '../../../src/errors/config-error.ts'
import { samePart } from '../../../src/runtime/part.ts'
import { type OpenDirectory, openDirectory } from './open-directory.ts'
import { ScriptedResolver } from './scripted-resolver.ts'

const a = 'http://10.0.0.1:80'
const b = 'http://10.0.0.2:80'
const c = 'http://10.0.0.3:80'

function open(combined: ResolverPart): OpenDirectory {
  return openDirectory({ emptyGuard: false }, combined)
}

function two(combine: typeof firstOf): OpenDirectory & { readonly one: ScriptedResolver; readonly other: ScriptedResolver } {
  const one = new ScriptedResolver('one')
  const other = new ScriptedResolver('other')
  return {
    ...open(
      combine(
        () => one,
        () => other,
      ),
    ),
    one,
    other,
  }
}

test('firstOf() lets the next source stand in while the first is unresolved, empty, absent or failing, and goes back', async () => {
  const { one, other, settle, addresses, host } = two(firstOf)
  other.answer([b])
  await settle()
  assert.deepEqual(addresses(), [b], 'the first has not answered yet')
  one.answer([a])
  await settle()
  assert.deepEqual(addresses(), [a])
  one.answer([])
  await settle()
  assert.deepEqual(addresses(), [b], 'the first is empty')
  one.answer([a])
  await settle()
  assert.deepEqual(addresses(), [a])
  one.answer({ kind: 'absent' })
  await settle()
  assert.deepEqual(addresses(), [b], 'the first is absent')
  one.answer([a])
  await settle()
  one.fail(new Error('one is down'))
  await settle()
  assert.deepEqual(addresses(), [b], 'the first fails')
  one.answer([a, c])
  await host.clock.advance(100)
  assert.deepEqual(addresses(), [a, c])
  const names = host.events
    .filter(({ name }) => name.startsWith('resolver-'))
    .map(({ name, event }) => `${name} ${(event as { resolver: string }).resolver}`)
  assert.deepEqual(names, ['resolver-failed one', 'resolver-recovered one'])
})

test('firstOf() keeps the last answer when every source fails, and does not fail itself', async () => {
  const { one, other, settle, addresses, directory } = two(firstOf)
  one.answer([a])
  other.answer({ kind: 'absent' })
  await settle()
  one.fail()
  other.fail()
  await settle()
  assert.deepEqual(addresses(), [a])
  assert.equal(directory.snapshot().failures, 0)
})

test('firstOf() is empty or absent when all sources have said so, and not before', async () => {
  const { one, other, settle, directory } = two(firstOf)
  one.answer([])
  await settle()
  assert.equal(directory.state, 'unresolved')
  other.answer({ kind: 'absent' })
  await settle()
  assert.equal(directory.state, 'empty')
  one.answer({ kind: 'absent' })
  await settle()
  assert.equal(directory.state, 'absent')
})

test('firstOf() fails when no source has endpoints and one could not tell', async () => {
  const { one, other, settle, directory } = two(firstOf)
  one.fail(new Error('no registry'))
  other.answer([])
  await settle()
  assert.equal(directory.state, 'unresolved')
  assert.match(String(directory.lastError), /resolver firstOf\(one, other\): no source has an answer: one: no registry/)
})

test('merge() gives the endpoints of all, and the description of the first source that names one', async () => {
  const { one, other, settle, directory } = two(merge)
  one.answer([a, { url: b, weight: 5 }])
  await settle()
  assert.equal(directory.state, 'unresolved', 'the other one has not answered yet')
  other.answer([{ url: `${b}/`, weight: 1 }, c])
  await settle()
  assert.deepEqual(
    directory.endpoints.map(({ address, weight }) => [address, weight]),
    [
      [a, 1],
      [b, 5],
      [c, 1],
    ],
  )
})

test('merge() keeps the last answer of a source that fails, and goes on with the others', async () => {
  const { one, other, settle, addresses, host } = two(merge)
  one.answer([a])
  other.answer([b])
  await settle()
  one.fail()
  await settle()
  assert.deepEqual(addresses(), [a, b])
  other.answer([c])
  await settle()
  assert.deepEqual(addresses(), [a, c])
  one.answer([b])
  await host.clock.advance(100)
  assert.deepEqual(addresses(), [b, c])
})

test('merge() waits a second for a source that has not answered, and not at all for one that failed', async () => {
  const slow = two(merge)
  slow.one.answer([a])
  await slow.host.clock.advance(999)
  assert.equal(slow.directory.state, 'unresolved')
  await slow.host.clock.advance(1)
  assert.deepEqual(slow.addresses(), [a])

  const failing = two(merge)
  failing.one.answer([a])
  failing.other.fail()
  await failing.settle()
  assert.deepEqual(failing.addresses(), [a])
})

test('merge() is absent when all are, empty when one is, and fails when nobody has endpoints and one could not tell', async () => {
  const { one, other, settle, directory } = two(merge)
  one.answer({ kind: 'absent' })
  other.answer({ kind: 'absent' })
  await settle()
  assert.equal(directory.state, 'absent')
  other.answer([])
  await settle()
  assert.equal(directory.state, 'empty')

  const broken = two(merge)
  broken.one.answer([])
  broken.other.fail(new Error('no registry'))
  await broken.settle()
  assert.match(String(broken.directory.lastError), /resolver merge\(one, other\): no source has an answer: other: no registry/)
})

test('a wish for a fresh answer reaches every source, also one in back-off', async () => {
  const { one, other, settle, directory } = two(merge)
  one.answer([a])
  other.answer([b])
  await settle()
  other.fail()
  await settle()
  directory.refresh()
  await settle()
  assert.equal(one.woken, 1)
  assert.equal(other.watches.length, 2)
})

test('closing ends every source and leaves no timer', async () => {
  const { one, other, settle, directory, host } = two(firstOf)
  one.answer([a])
  other.fail()
  await settle()
  await directory.close()
  await settle()
  assert.equal(one.ended, 1)
  assert.equal(one.watches[0]?.signal.aborted, true)
  host.clock.assertIdle()
})

test('sources that have all given their final answer make one', async () => {
  const { addresses, directory, host, settle } = open(merge(fixed([a]), fixed([b])))
  await settle()
  assert.deepEqual(addresses(), [a, b])
  await host.clock.advance(60_000)
  host.clock.assertIdle()
  assert.equal(directory.snapshot().failures, 0)
})

test('bare generator functions and other combinations can be sources', async () => {
  const bare = async function* () {
    yield [b]
  }
  const { addresses, settle } = open(firstOf(bare, merge(fixed([a]), fixed([c]))))
  await settle()
  assert.deepEqual(addresses(), [b])
})

test('combinations of the same parts are the same part, and without a source there is none', () => {
  assert.ok(samePart(firstOf(fixed([a]), fixed([b])), firstOf(fixed([a]), fixed([b]))))
  assert.ok(!samePart(firstOf(fixed([a]), fixed([b])), firstOf(fixed([b]), fixed([a]))))
  assert.ok(!samePart(firstOf(fixed([a])), merge(fixed([a]))))
  assert.throws(
    () => firstOf(),
    (error) => ConfigError.is(error) && /firstOf: expected at least one resolver, got none/.test(error.message),
  )
  assert.throws(() => merge(fixed([a]), 'http://x' as never), /merge\[1\]: expected a resolver or an async generator function/)
})
