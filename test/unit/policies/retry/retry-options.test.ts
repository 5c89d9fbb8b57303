import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retryDefaults, retrySettings } from '../../../../src/policies/retry/retry-options.ts'

test('the defaults protect: three attempts, full jitter from 25 to 250 ms, a fifth of the calls and one a second over ten seconds', () => {
  assert.deepEqual(retryDefaults, {
    attempts: 3,
    attemptTimeout: undefined,
    on: undefined,
    requeues: 100,
    backoff: { kind: 'full', base: '25ms', max: '250ms' },
    retryAfter: '10s',
    budget: { ratio: 0.2, perSecond: 1, window: '10s' },
    avoidTriedZones: false,
    attemptHeader: 'x-envoy-attempt-count',
    enforce: 1,
  })
  assert.deepEqual(retrySettings(), {
    attempts: 3,
    attemptTimeoutMs: Number.POSITIVE_INFINITY,
    on: undefined,
    requeues: 100,
    backoff: { kind: 'full', baseMs: 25, maxMs: 250 },
    retryAfterMs: 10_000,
    budget: { ratio: 0.2, perSecond: 1, windowMs: 10_000 },
    avoidTriedZones: false,
    attemptHeader: 'x-envoy-attempt-count',
    enforce: 1,
  })
})

test('defaults and settings are frozen, also within', () => {
  for (const value of [retryDefaults, retryDefaults.backoff, retryDefaults.budget]) assert.ok(Object.isFrozen(value))
  const settings = retrySettings({ budget: { ratio: 1 } })
  for (const value of [settings, settings.backoff, settings.budget]) assert.ok(Object.isFrozen(value))
})

test('only undefined means that an option was not given', () => {
  const settings = retrySettings({
    attempts: undefined,
    attemptTimeout: '400ms',
    requeues: 0,
    backoff: { base: 0, max: undefined },
    budget: { ratio: 0, perSecond: 0 },
  })
  assert.deepEqual(settings, {
    attempts: 3,
    attemptTimeoutMs: 400,
    on: undefined,
    requeues: 0,
    backoff: { kind: 'full', baseMs: 0, maxMs: 250 },
    retryAfterMs: 10_000,
    budget: { ratio: 0, perSecond: 0, windowMs: 10_000 },
    avoidTriedZones: false,
    attemptHeader: 'x-envoy-attempt-count',
    enforce: 1,
  })
})

test('a budget of false is no budget', () => {
  assert.equal(retrySettings({ budget: false }).budget, false)
})

test('a finished plan, with milliseconds, gives the same settings', () => {
  assert.deepEqual(
    retrySettings({ attempts: 3, requeues: 100, backoff: { base: 25, max: 250 }, budget: { ratio: 0.2, perSecond: 1, window: 10_000 } }),
    retrySettings(),
  )
})

test('a duration that is none is named', () => {
  assert.throws(() => retrySettings({ backoff: { base: 'soon' as never } }), /retry\.backoff\.base: expected a duration/)
})
