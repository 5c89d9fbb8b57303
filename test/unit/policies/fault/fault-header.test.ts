import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFaultHeader } from '../../../../src/policies/fault/fault-header.ts'

test('the header names faults in any order, with or without units', () => {
  assert.deepEqual(readFaultHeader('delay=200ms; abort=503', 30_000), { by: 'header', delay: { ms: 200, where: 'request' }, abort: 503 })
  assert.deepEqual(readFaultHeader('abort=reset,delay=1.5s', 30_000), {
    by: 'header',
    delay: { ms: 1_500, where: 'request' },
    abort: 'reset',
  })
  assert.deepEqual(readFaultHeader('cut=10; throttle=1000', 30_000), { by: 'header', cutAfterBytes: 10, bytesPerSecond: 1_000 })
  assert.deepEqual(readFaultHeader(' DELAY = 7 ', 30_000), { by: 'header', delay: { ms: 7, where: 'request' } })
})

test('a delay that the header asks for is cut down to the longest one', () => {
  assert.deepEqual(readFaultHeader('delay=1h', 500), { by: 'header', delay: { ms: 500, where: 'request' } })
})

for (const wrong of ['', 'abort', 'abort=', 'abort=99', 'abort=700', 'abort=gone', 'delay=-1', 'delay=soon', 'cut=-1', 'cut=1.5']) {
  test(`the header "${wrong}" cannot be read`, () => assert.equal(readFaultHeader(wrong, 1_000), undefined))
}

for (const wrong of ['throttle=0', 'sleep=5', 'abort=503; abort=504', 'abort=503;;delay=1s', 'abort=503 delay=1s']) {
  test(`the header "${wrong}" cannot be read`, () => assert.equal(readFaultHeader(wrong, 1_000), undefined))
}
