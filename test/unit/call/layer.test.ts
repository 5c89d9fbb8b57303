import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compose, type Layer, type Send } from '../../../src/call/layer.ts'
import { replied } from '../../../src/call/outcome.ts'
import { testReply } from '../../../src/testing/test-reply.ts'

test('the first layer sees the call first and the outcome last', async () => {
  const seen: string[] = []
  const named =
    (name: string): Layer<string> =>
    (next) =>
    async (call) => {
      seen.push(`${name} sees ${call}`)
      const outcome = await next(`${call}${name}`)
      seen.push(`${name} is done`)
      return outcome
    }
  const outcome = replied(testReply())
  const innermost: Send<string> = async (call) => {
    seen.push(`sent ${call}`)
    return outcome
  }
  assert.equal(await compose([named('a'), named('b')], innermost)('call-'), outcome)
  assert.deepEqual(seen, ['a sees call-', 'b sees call-a', 'sent call-ab', 'b is done', 'a is done'])
})

test('no layers leave the innermost send as it is', () => {
  const innermost: Send<string> = async () => replied(testReply())
  assert.equal(compose([], innermost), innermost)
})
