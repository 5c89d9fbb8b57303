import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readLoadMetrics } from '../../../src/call/load-metrics.ts'
import { readLoadReport } from '../../../src/call/load-report.ts'

const names = ['named_metrics.rif', 'named_metrics.latency_ms']

function read(value: string | readonly string[] | undefined): (number | undefined)[] {
  const into = Float64Array.of(-1, -1)
  readLoadMetrics({ headers: { 'endpoint-load-metrics': value } }, names, into)
  return Array.from(into, (metric) => (Number.isNaN(metric) ? undefined : metric))
}

/** What the whole report says of them. */
function expected(value: string | readonly string[] | undefined): (number | undefined)[] {
  const report = readLoadReport({ headers: { 'endpoint-load-metrics': value } })
  return names.map((name) => report?.get(name))
}

test('metrics are those of the report', () => {
  assert.deepEqual(read('TEXT cpu_utilization=0.3,named_metrics.rif=7,named_metrics.latency_ms=12.25'), [7, 12.25])
  assert.deepEqual(read('TEXT named_metrics.latency_ms=0.125, named_metrics.rif=0'), [0, 0.125])
  assert.deepEqual(read('JSON {"named_metrics":{"rif":7,"latency_ms":0.5}}'), [7, 0.5])
  assert.deepEqual(read(['TEXT named_metrics.rif=1', 'TEXT named_metrics.rif=2']), [2, undefined])
  assert.deepEqual(read(undefined), [undefined, undefined])
  assert.deepEqual(read(`TEXT named_metrics.rif=1,${'x=1,'.repeat(3_000)}`), [undefined, undefined], 'too long to be read')
})

test('a number with a point is the one that was written', () => {
  const amounts = fc.tuple(fc.nat(1e6), fc.stringMatching(/^[0-9]{1,9}$/))
  fc.assert(
    fc.property(amounts, ([whole, fraction]) => {
      assert.equal(read(`TEXT named_metrics.latency_ms=${whole}.${fraction}`)[1], Number(`${whole}.${fraction}`))
    }),
  )
})

test('whatever comes, metrics are those of the whole report', () => {
  const name = fc.constantFrom(...names, 'named_metrics.rif2', 'xnamed_metrics.rif', 'foo named_metrics.rif', 'eps', '')
  const number = fc.oneof(
    fc.constantFrom(
      '1',
      '007',
      '.5',
      '5.',
      '.',
      '',
      '-1',
      '1e3',
      '0x10',
      'NaN',
      'Infinity',
      '1.2.3',
      '1 2',
      '1=2',
      '12345678901234567890',
      '"7"',
    ),
    fc.nat().map(String),
    fc.double({ noNaN: true }).map(String),
  )
  const blank = fc.constantFrom('', '', '', ' ', '  ', '\t', '\u00a0')
  const pair = fc.tuple(blank, name, blank, fc.constantFrom('=', '=', '=', '', '=='), blank, number, blank).map((parts) => parts.join(''))
  const form = fc.constantFrom('TEXT ', 'TEXT ', 'TEXT', 'TEXT  ', '', 'JSON ')
  const value = fc
    .tuple(form, fc.array(pair, { maxLength: 5 }), fc.constantFrom(',', ',', ';'))
    .map(([begin, pairs, sign]) => begin + pairs.join(sign))
  fc.assert(
    fc.property(value, (text) => assert.deepEqual(read(text), expected(text), text)),
    { numRuns: 5_000 },
  )
})
