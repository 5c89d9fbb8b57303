import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { ConfigError } from '../../../../src/errors/config-error.ts'
import { type QuotaOptions, quotaDefaults } from '../../../../src/policies/limit/quota-options.ts'
import { quota } from '../../../../src/policies/limit/redis-quota.ts'

const right: QuotaOptions = { redis: 'redis://127.0.0.1:6379', name: 'partner' }

test('the defaults of a quota are these', () => {
  assert.deepEqual(quotaDefaults, { onOutage: 'local-share', processes: 1, timeout: '500ms' })
})

for (const [what, options, message] of [
  ['no address', { redis: undefined }, 'redis: expected a redis:// or rediss:// URL, options of ioredis, or a client, got undefined'],
  ['an address of something else', { redis: 'http://127.0.0.1' }, 'redis: expected a redis:// or rediss:// URL'],
  ['no name', { name: '' }, 'name: expected a text, got ""'],
  ['another policy', { onOutage: 'hope' }, `onOutage: expected 'local-share', 'refuse' or 'allow', got "hope"`],
  ['no processes', { processes: 0 }, 'processes: expected a whole number from 1, got 0'],
  ['no time', { timeout: 0 }, "timeout: expected a duration such as '500ms', greater than 0, got 0"],
] as const) {
  test(`a quota is refused that has ${what}`, () => {
    assert.throws(
      () => quota({ ...right, ...options } as never),
      (error: Error) => ConfigError.is(error) && error.message.startsWith(message),
    )
  })
}

test('a quota prints without its password', () => {
  const printed = quota({ ...right, redis: 'redis://user:secret@127.0.0.1:6379/2' })
  assert.deepEqual(printed.toJSON(), {
    kind: 'redis-quota',
    redis: 'redis://127.0.0.1:6379/2',
    name: 'partner',
    onOutage: 'local-share',
    processes: 1,
    timeoutMs: 500,
  })
  assert.doesNotMatch(inspect(printed), /secret/)
})
