import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callLine } from '../../../src/admin/call-line.ts'
import { endpointWords } from '../../../src/admin/endpoint-words.ts'
import { count, latency, percent, perSecond, span } from '../../../src/admin/figures.ts'
import type { EndpointOverview } from '../../../src/admin/overview.ts'

const fine: EndpointOverview = {
  ...{
    address: 'http://10.0.0.1:80',
    weight: 1,
    priority: 0,
    zone: '',
    labels: {},
    health: 'healthy',
    findings: {},
    inFlight: 0,
    attempts: 0,
  },
  ...{ failures: 0, connections: 0, waiting: 0, ejection: undefined, check: undefined, circuit: undefined, share: 0, latency: undefined },
  ...{ limit: undefined, perSecond: undefined, failuresPerSecond: undefined },
}
const circuit = {
  state: 'open',
  forced: undefined,
  enforced: true,
  reason: 'failure-share',
  since: 0,
  retryAfterMs: 4_000,
  calls: 9,
  failures: 9,
  slow: 0,
  openings: 1,
  unenforced: 0,
} as const

test('the state of an endpoint is the weightiest of what is said of it, and every reason is told', () => {
  const state = (over: Partial<EndpointOverview>) => endpointWords({ ...fine, ...over })
  assert.deepEqual(state({}), { tone: 'good', state: 'healthy', reasons: [] })
  const ejected = state({
    health: 'unhealthy',
    findings: { ejection: 'unhealthy' },
    ejection: { rule: 'success-rate', forMs: 30_000, times: 2 },
  })
  assert.deepEqual([ejected.state, ejected.reasons], ['ejected', ['ejected: success-rate, 2 times, tried again in 30 s']])
  const forGood = state({ ejection: { rule: 'by-hand', forMs: 'Infinity' as unknown as number, times: 0 } })
  assert.deepEqual(forGood.reasons, ['ejected: by-hand, until readmitted'])
  assert.deepEqual(state({ health: 'unhealthy', circuit }).reasons, ['circuit open: failure-share, tried again in 4 s'])
  assert.equal(state({ health: 'unhealthy', circuit }).state, 'circuit open')
  assert.equal(state({ circuit: { ...circuit, enforced: false } }).state, 'healthy', 'one that is only observed keeps nobody away')
  assert.deepEqual(state({ circuit: { ...circuit, forced: 'open', retryAfterMs: undefined } }).reasons, ['circuit open: forced to open'])
  assert.equal(state({ circuit: { ...circuit, state: 'half-open' } }).state, 'probing')
  const drains = state({ health: 'unhealthy', findings: { drained: 'unhealthy', discovery: 'unhealthy' } })
  assert.deepEqual([drains.state, drains.reasons], ['draining', ['drained by hand', 'discovery says unhealthy']])
  const checked = state({ health: 'degraded', check: { state: 'degraded', reason: 'status 429' } })
  assert.deepEqual([checked.state, checked.tone, checked.reasons], ['degraded', 'warn', ['health check: status 429']])
})

test('figures are short, and what is not known is a dash', () => {
  assert.deepEqual([0, 0.2, 9.96, 12.4, 12_345, undefined].map(perSecond), ['0', '0.2', '10.0', '12', '12,345', '–'])
  assert.deepEqual([0.04, 9.94, 10.4, 999, 1_500, 61_000, undefined].map(latency), [
    '0.0 ms',
    '9.9 ms',
    '10 ms',
    '999 ms',
    '1.5 s',
    '61 s',
    '–',
  ])
  assert.deepEqual([400, 89_000, 120_000, 7_200_000, 200_000_000, 'Infinity', undefined].map(span), [
    '0 s',
    '89 s',
    '2 min',
    '2 h',
    '2 d',
    '–',
    '–',
  ])
  assert.deepEqual([0, 0.004, 0.5, 1].map(percent), ['0 %', '0.4 %', '50 %', '100 %'])
  assert.deepEqual([0, 999, 1_000, 12_345_678].map(count), ['0', '999', '1,000', '12,345,678'])
})

test('a record of a call is listed by what it says, and one that says nothing does no harm', () => {
  const line = callLine({
    service: 'orders',
    method: 'GET',
    path: '/v1',
    startedAt: 5,
    result: 'failed',
    error: { code: 'NO_ENDPOINT' },
    attempts: [{}, {}],
    time: { totalMs: 12 },
    text: 'why',
  })
  assert.deepEqual(
    [line.outcome, line.failed, line.request, line.durationMs, line.attempts, line.text],
    ['NO_ENDPOINT', true, 'GET /v1', 12, 2, 'why'],
  )
  assert.equal(callLine({ status: 200, result: 'succeeded' }).failed, false)
  for (const odd of [undefined, null, 5, 'x', {}, { error: null, time: null }]) assert.equal(callLine(odd).outcome, 'call')
})
