import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContextValues, contextKey } from '../../../src/call/context-values.ts'
import { testCall } from '../../../src/testing/test-call.ts'

test('a value that was not set is its fallback', () => {
  assert.equal(new ContextValues().get(contextKey('tries', 3)), 3)
})

test('a value that was set is found under its key alone', () => {
  const values = new ContextValues()
  const [tenant, namesake] = [contextKey('tenant', 'none'), contextKey('tenant', 'none')]
  values.set(tenant, 'acme')
  assert.equal(values.get(tenant), 'acme')
  assert.equal(values.get(namesake), 'none')
})

test('undefined, false and zero can be set', () => {
  const values = new ContextValues()
  const [flag, count, text] = [contextKey('flag', true), contextKey('count', 5), contextKey<string | undefined>('text', 'x')]
  values.set(flag, false)
  values.set(count, 0)
  values.set(text, undefined)
  assert.deepEqual([values.get(flag), values.get(count), values.get(text)], [false, 0, undefined])
})

test('copies of a call share their values', () => {
  const tenant = contextKey('tenant', 'none')
  const call = testCall()
  const copy = call.with({ path: '/other' })
  copy.context.set(tenant, 'acme')
  assert.equal(call.context.get(tenant), 'acme')
  assert.equal(testCall().context.get(tenant), 'none')
})
