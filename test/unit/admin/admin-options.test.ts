import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { adminDefaults, adminSettings, isLoopback } from '../../../src/admin/admin-options.ts'
import { adminHandler, startAdmin } from '../../../src/admin/index.ts'
import { ConfigError } from '../../../src/errors/config-error.ts'

function problemsOf(options: unknown, listens = true): readonly string[] {
  try {
    adminSettings(options as never, listens)
    return []
  } catch (error) {
    assert.ok(ConfigError.is(error))
    return error.problems.map(({ path, expected, received }) => `${path}: expected ${expected}, got ${received}`)
  }
}

test('nothing has to be said: loopback, port 9901, actions, a second', () => {
  const { port, host, token, actions, base, intervalMs, viewers } = adminSettings(undefined, true)
  assert.deepEqual(
    { port, host, token, actions, base, intervalMs, viewers },
    { port: 9901, host: '127.0.0.1', token: undefined, actions: true, base: '', intervalMs: 1_000, viewers: 200 },
  )
  assert.ok(Object.isFrozen(adminDefaults))
})

test('every problem is told at once, with the field, what was expected and what came', () => {
  const problems = problemsOf({
    port: 70_000,
    host: '',
    token: 'short',
    actions: 'yes',
    path: 'admin',
    interval: '1ms',
    viewers: 0,
    ready: 'orders',
    metrics: 'up 1',
    prot: 1,
  })
  assert.deepEqual(
    problems.map((problem) => problem.split(':')[0]),
    [
      'admin.prot',
      'admin.port',
      'admin.host',
      'admin.token',
      'admin.token',
      'admin.actions',
      'admin.path',
      'admin.interval',
      'admin.viewers',
      'admin.ready',
      'admin.metrics',
    ].filter((path, i, all) => path !== 'admin.token' || all.indexOf(path) === i),
  )
  assert.match(problems[1] as string, /an integer in \[0, 65535\], got 70000/)
  assert.deepEqual(problemsOf('9901').length, 1)
})

test('a token that is refused is not printed', () => {
  const [problem] = problemsOf({ token: 'hunter2 with spaces in it' })
  assert.ok(problem?.startsWith('admin.token: expected at least 16 characters') && !problem.includes('hunter2'), problem)
})

test('only a loopback address may be listened on without a token; a handler listens on nothing', () => {
  for (const host of ['0.0.0.0', '::', '10.0.0.7', 'shop.internal', '128.0.0.1', '127.0.0.1.evil.example']) {
    assert.match(problemsOf({ host })[0] ?? '', /^admin.token: expected a token, because .* can be reached from other machines/, host)
    assert.deepEqual(problemsOf({ host, token: 'sixteen-letters-x' }), [])
  }
  for (const host of ['127.0.0.1', '127.8.9.10', '::1', 'localhost']) assert.deepEqual(problemsOf({ host }), [], host)
  assert.deepEqual(problemsOf({}, false), [])
})

test('no name of somebody else is taken for loopback', () => {
  fc.assert(
    fc.property(fc.domain(), (name) => {
      assert.equal(isLoopback(name), name === 'localhost' || name.endsWith('.localhost'))
      assert.equal(isLoopback(`127.0.0.1.${name}`), name.endsWith('.localhost'))
    }),
  )
  fc.assert(fc.property(fc.ipV4(), (address) => isLoopback(address) === address.startsWith('127.')))
})

test('what is no mesh is refused with what came, before anything listens', async () => {
  for (const net of [undefined, null, {}, 'checkout']) {
    const expected = { name: 'ConfigError', message: /^admin: expected a mesh, got / }
    assert.throws(() => adminHandler(net as never), expected)
    await assert.rejects(startAdmin(net as never, { port: 0 }), expected)
  }
})
