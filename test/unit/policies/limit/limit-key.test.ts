import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../../../../src/call/outcome.ts'
import type { LimitKey } from '../../../../src/policies/limit/limit-key.ts'
import { testCall } from '../../../../src/testing/test-call.ts'
import { errorOf, limited } from './limited.ts'

const codeOf = (outcome: Outcome) => (outcome.ok ? 'ok' : outcome.error.code)

test('calls with different keys have different buckets: by header, cookie, or a function', async () => {
  const calls: readonly (readonly [LimitKey, (name: string) => Parameters<typeof testCall>[0]])[] = [
    [{ header: 'X-Tenant' }, (name) => ({ headers: ['x-tenant', name] })],
    [{ cookie: 'session' }, (name) => ({ headers: ['Cookie', `a=b; session=${name}`] })],
    [(call) => call.path.split('/')[1], (name) => ({ path: `/${name}/x` })],
  ]
  for (const [key, parts] of calls) {
    const { limit, send } = limited({ permits: 1, key })
    const codes: string[] = []
    for (const name of ['ann', 'bob', 'ann']) codes.push(codeOf(await send(testCall(parts(name)))))
    assert.deepEqual(codes, ['ok', 'ok', 'RATE_LIMITED'])
    assert.equal(limit.permitsLeft, 0)
  }
})

test('calls without a key share one bucket', async () => {
  const { send } = limited({ permits: 1, key: { header: 'x-tenant' } })
  assert.equal(codeOf(await send(testCall())), 'ok')
  assert.equal(codeOf(await send(testCall({ headers: ['x-tenant', ''] }))), 'RATE_LIMITED')
})

test('a refusal by key does not print the key, which may be a secret', async () => {
  const { send } = limited({ permits: 1, key: { header: 'authorization' } })
  const call = () => testCall({ headers: ['authorization', 'Bearer s3cret'] })
  await send(call())
  const { message } = errorOf(await send(call()))
  assert.equal(message, 'test: more than 1 permits in 1000 ms, for the key of this call; there is one again in 1000 ms')
})

test('only so many buckets are kept, and the one that nobody used for longest is given up', async () => {
  const { send } = limited({ permits: 1, maxKeys: 2, key: { header: 'k' } })
  const ask = async (k: string) => codeOf(await send(testCall({ headers: ['k', k] })))
  assert.deepEqual([await ask('a'), await ask('b'), await ask('a')], ['ok', 'ok', 'RATE_LIMITED'])
  assert.equal(await ask('c'), 'ok')
  assert.equal(await ask('a'), 'RATE_LIMITED')
  assert.equal(await ask('b'), 'ok')
})

test('a key function that answers with something else is an error of the call, and takes nothing', async () => {
  const { limit, send } = limited({ permits: 1, key: (() => 7) as never })
  const error = errorOf(await send(testCall()))
  assert.equal(error.code, 'INVALID_CALL')
  assert.equal(error.message, 'test: rateLimit.key: expected a text or undefined from the function, got 7')
  assert.equal(limit.permitsLeft, 1)
})
