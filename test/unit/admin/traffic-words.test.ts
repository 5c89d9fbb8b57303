import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServiceOverview } from '../../../src/admin/overview.ts'
import {
  faultCounts,
  faultWords,
  limitText,
  limitTexts,
  mirrorText,
  quotaWords,
  splitWords,
  trafficLines,
} from '../../../src/admin/traffic-words.ts'
import type { SplitSnapshot } from '../../../src/routing/split-snapshot.ts'

const version = { share: 0.5, calls: 10, elsewhere: 0, window: undefined }
const split: SplitSnapshot = {
  ...{ by: 'version', stable: 'v1', state: 'ramping' as const, progress: 0.25, nextStepInMs: 30_000, aborted: undefined },
  versions: { v1: version, v2: version },
}
const fault = { enabled: true, allowed: true, active: 2, delayed: 0, aborted: 7, cut: 1, throttled: 0, capped: 9, unreadable: 0 }
const mirror = {
  ...{ to: 'shadow', inFlight: 1, sent: 1_200, answered: 1_190, failed: 10 },
  dropped: { inFlight: 3, bodyTooLarge: 0, bodyIncomplete: 0, noTarget: 4, closed: 0 },
}
const quota = { leased: 500, held: 20, forfeited: 0, processes: 1, outage: false }
const calls = { started: 3, succeeded: 2, failed: 1, ignored: 0, inFlight: 0, retried: 0 }

test('a split says how far it is, and why it was given up', () => {
  assert.deepEqual(splitWords(split), { tone: 'warn', state: 'ramp at 25 %', reasons: ['next step in 30 s'] })
  assert.equal(splitWords({ ...split, state: 'done' }).state, 'ramp done')
  assert.equal(splitWords({ ...split, state: 'steady' }).state, 'by version')
  const byHand = { reason: 'by-hand', version: undefined, at: 0, shares: {}, figures: undefined } as const
  assert.deepEqual(splitWords({ ...split, state: 'aborted', aborted: byHand }), {
    tone: 'bad',
    state: 'aborted: all to v1',
    reasons: ['by hand'],
  })
  const figures = {
    ...{ reason: 'failures' as const, calls: 40, failureShare: 0.2, stableCalls: 400, stableFailureShare: 0.005, worseBy: 0.05 },
    ...{ latencyMs: undefined, stableLatencyMs: undefined },
  } as const
  assert.deepEqual(splitWords({ ...split, state: 'aborted', aborted: { ...byHand, reason: 'failures', version: 'v2', figures } }).reasons, [
    'v2 does worse: failures, 20 % of 40 calls failed, beside 0.5 % of 400 of v1',
  ])
})

test('faults say whether they are on, whether they may be, and what they did', () => {
  assert.deepEqual(faultWords(fault), { tone: 'warn', state: 'on', reasons: ['2 under way'] })
  assert.equal(faultWords({ ...fault, enabled: false }).state, 'off')
  assert.deepEqual(faultWords({ ...fault, enabled: false, allowed: false }).reasons, ['the plan does not allow them in production'])
  assert.equal(faultCounts(fault), '9 kept back by the cap, 7 aborted, 1 cut')
  assert.equal(faultCounts({ ...fault, aborted: 0, cut: 0, capped: 0 }), 'none so far')
})

test('copies, quotas and limits are told in a line', () => {
  assert.equal(mirrorText(mirror), '1,200 copied, 1,190 answered, 10 failed, 1 under way, 7 dropped (4 no target, 3 too many at once)')
  assert.deepEqual(quotaWords(quota), { tone: 'good', state: 'quota', reasons: ['20 held of 500 leased, 1 process'] })
  assert.deepEqual(quotaWords({ ...quota, outage: true, forfeited: 3 }), {
    tone: 'bad',
    state: 'quota out of reach',
    reasons: ['20 held of 500 leased, 1 process, 3 forfeited'],
  })
  const gate = { granted: 9, waited: 0, refused: 2, spared: 0, limit: 8, inFlight: 3, waiting: 1 }
  const rateLimit = { granted: 1, refused: 0, spared: 0, queued: 0, permitsLeft: 4.6, waiting: 2 }
  assert.deepEqual(limitTexts({ rateLimit, concurrency: gate, admission: undefined }), [
    ['permits left', '4, 2 wait'],
    ['concurrency', '3 of 8, 1 waits, 2 refused'],
  ])
  assert.deepEqual(limitTexts({ rateLimit: undefined, concurrency: undefined, admission: undefined }), [])
  assert.equal(limitText('Infinity' as unknown as number), 'any number')
})

test('a terminal gets a line for what there is, and none for what there is not', () => {
  const none = { split: undefined, fault: undefined, mirror: undefined, rateLimit: undefined, concurrency: undefined, admission: undefined }
  const bare = { ...none, endpointConcurrency: undefined, routes: [] } as unknown as ServiceOverview
  assert.deepEqual(trafficLines(bare), [])
  const rateLimit = { granted: 1, refused: 0, spared: 0, queued: 0, permitsLeft: 4, waiting: 0, quota: { ...quota, outage: true } }
  const routes = [
    { name: 'reports', calls },
    { name: 'beta', calls: { ...calls, started: 0 } },
  ]
  assert.deepEqual(trafficLines({ ...bare, split, fault, rateLimit, routes } as unknown as ServiceOverview), [
    'split   v1 50 %, v2 50 %   ramp at 25 %; next step in 30 s',
    'limits  permits left 4, 0 wait   quota out of reach',
    'faults  on: 9 kept back by the cap, 7 aborted, 1 cut',
    'routes  reports 3 (1 failed)',
  ])
})
