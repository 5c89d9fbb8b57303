import assert from 'node:assert/strict'
import { test } from 'node:test'
import { healthRequest, servingStatus } from '../../../src/health/grpc-health-messages.ts'

const frame = (...message: readonly number[]) => Buffer.from([0, 0, 0, 0, message.length, ...message])

test('a request about the whole server is an empty message', () => {
  assert.deepEqual([...healthRequest('')], [0, 0, 0, 0, 0])
})

test('a request names its service in field 1', () => {
  assert.deepEqual([...healthRequest('abc')], [0, 0, 0, 0, 5, 0x0a, 3, 0x61, 0x62, 0x63])
  const long = healthRequest('x'.repeat(300))
  assert.deepEqual([...long.subarray(0, 8)], [0, 0, 0, 0x01, 0x2f, 0x0a, 0xac, 0x02])
})

test('a status is read by its number', () => {
  assert.equal(servingStatus(frame(0x08, 1)), 'SERVING')
  assert.equal(servingStatus(frame(0x08, 2)), 'NOT_SERVING')
  assert.equal(servingStatus(frame(0x08, 3)), 'SERVICE_UNKNOWN')
  assert.equal(servingStatus(frame()), 'UNKNOWN')
  assert.equal(servingStatus(frame(0x08, 99)), 'UNKNOWN')
})

test('fields that a later version may have are passed over', () => {
  assert.equal(servingStatus(frame(0x12, 2, 7, 7, 0x18, 0x80, 0x01, 0x08, 1, 0x25, 1, 2, 3, 4)), 'SERVING')
})

test('what is cut short, compressed or longer than it says cannot be read', () => {
  for (const bytes of [
    [],
    [0, 0],
    [1, 0, 0, 0, 2, 8, 1],
    [0, 0, 0, 0, 3, 8, 1],
    [0, 0, 0, 0, 1, 8],
    [0, 0, 0, 0, 2, 0x12, 9],
    [0, 0, 0, 0, 1, 0x0b],
  ]) {
    assert.equal(servingStatus(Buffer.from(bytes)), 'unreadable', JSON.stringify(bytes))
  }
})
