import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Duration, durationMs, readDuration } from '../../../src/runtime/duration.ts'

test('a duration with a unit is read as milliseconds', () => {
  const cases: [Duration, number][] = [
    ['250ms', 250],
    ['2s', 2_000],
    ['1.5s', 1_500],
    ['1m', 60_000],
    ['2h', 7_200_000],
    ['0ms', 0],
  ]
  for (const [text, ms] of cases) assert.equal(durationMs(text, 'deadline'), ms, String(text))
})

test('a number is a number of milliseconds, and Infinity means no limit', () => {
  assert.equal(durationMs(0, 'deadline'), 0)
  assert.equal(durationMs(12.5, 'deadline'), 12.5)
  assert.equal(durationMs(Number.POSITIVE_INFINITY, 'deadline'), Number.POSITIVE_INFINITY)
})

test('what is not a duration is not read', () => {
  const wrong = [
    '',
    '5',
    's',
    '-1s',
    ' 1s',
    '1 s',
    '1S',
    '1d',
    '1e3ms',
    '.5s',
    '1.s',
    '1ms2',
    '1s\n',
    -1,
    Number.NaN,
    null,
    undefined,
    true,
    {},
    10n,
  ]
  for (const value of wrong) assert.equal(readDuration(value), undefined, String(value))
})

test('a duration that is none is refused with its field, what was expected and what came', () => {
  const refuse = (value: unknown) => () => durationMs(value as Duration, 'retry.attemptTimeout')
  assert.throws(refuse('12 seconds'), {
    name: 'TypeError',
    message: `retry.attemptTimeout: expected a duration such as '250ms', '2s' or '1m', or a number of milliseconds, got "12 seconds"`,
  })
  assert.throws(refuse(Number.NaN), /got NaN$/)
  assert.throws(refuse(10n), /^TypeError: retry\.attemptTimeout: .* got 10n$/)
  assert.throws(refuse({ ms: 5 }), /got \{ ms: 5 \}$/)
})
