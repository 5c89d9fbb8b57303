import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readLoadReport, writeLoadReport } from '../../../src/call/load-report.ts'

const read = (value: string | readonly string[] | undefined) => {
  const report = readLoadReport({ headers: { 'endpoint-load-metrics': value } })
  return report === undefined ? undefined : Object.fromEntries(report)
}

test('a report is read from text', () => {
  assert.deepEqual(read('TEXT cpu_utilization=0.3, mem_utilization=0.8,rps_fractional=10.5, eps=1,named_metrics.rif=7'), {
    cpu_utilization: 0.3,
    mem_utilization: 0.8,
    rps_fractional: 10.5,
    eps: 1,
    'named_metrics.rif': 7,
  })
})

test('a report is read from JSON, in the spelling of either form', () => {
  const wanted = {
    cpu_utilization: 0.3,
    application_utilization: 0.5,
    rps_fractional: 10,
    eps: 1,
    'named_metrics.rif': 7,
    'utilization.disk': 0.1,
  }
  assert.deepEqual(
    read(
      'JSON {"cpu_utilization":0.3,"application_utilization":0.5,"rps_fractional":10,"eps":1,"named_metrics":{"rif":7},"utilization":{"disk":0.1}}',
    ),
    wanted,
  )
  assert.deepEqual(
    read(
      'JSON {"cpuUtilization":0.3,"applicationUtilization":0.5,"rpsFractional":10,"eps":1,"namedMetrics":{"rif":7},"utilization":{"disk":0.1}}',
    ),
    wanted,
  )
})

test('a report without the name of its form is read as what it looks like', () => {
  assert.deepEqual(read('{"cpu_utilization":0.3}'), { cpu_utilization: 0.3 })
  assert.deepEqual(read('cpu_utilization=0.3'), { cpu_utilization: 0.3 })
})

test('of several headers the last one counts', () => {
  assert.deepEqual(read(['TEXT eps=1', 'TEXT eps=2']), { eps: 2 })
})

test('what is no report, or no amount, is left out', () => {
  for (const value of [
    undefined,
    '',
    'BIN AAAA',
    'JSON {',
    'JSON 7',
    'JSON null',
    'TEXT',
    'TEXT eps',
    'TEXT eps=',
    'TEXT =5',
    'TEXT eps=-1',
  ]) {
    assert.equal(read(value), undefined, String(value))
  }
  assert.deepEqual(read('TEXT eps=NaN,rps_fractional=Infinity,cpu_utilization=0.1'), { cpu_utilization: 0.1 })
  assert.deepEqual(read('JSON {"eps":"1","cpu_utilization":0.1,"named_metrics":[1]}'), { cpu_utilization: 0.1, 'named_metrics.0': 1 })
})

test('a report that is far too long is not read', () => {
  assert.equal(read(`TEXT eps=1,${'x'.repeat(9_000)}`), undefined)
})

test('what is written is read back', () => {
  const name = fc.stringMatching(/^named_metrics\.[a-z][a-z0-9_]{0,12}$/)
  const amount = fc.double({ min: 0, max: 1e12, noNaN: true }).map((value) => value + 0)
  fc.assert(
    fc.property(fc.dictionary(name, amount, { minKeys: 1 }), (report) => {
      assert.deepEqual(read(writeLoadReport(report)), { ...report })
    }),
  )
})

test('nothing that comes makes reading throw', () => {
  fc.assert(fc.property(fc.string(), fc.constantFrom('', 'TEXT ', 'JSON '), (text, form) => void read(form + text)))
})
