import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SplitJudge } from '../../../../src/routing/split-judge.ts'
import type { AbortSettings, SplitAbortOptions } from '../../../../src/routing/split-options.ts'
import { splitSettings } from '../../../../src/routing/split-options.ts'

const [canary, stable] = [0, 1]

function judgeOf(abort: SplitAbortOptions = {}): SplitJudge {
  return new SplitJudge(splitSettings({ by: 'version', weights: { v1: 95, v2: 5 }, abort }).abort as AbortSettings, 2, stable)
}

/** So many calls, of which the last ones fail. */
function tell(judge: SplitJudge, version: number, calls: number, failures: number, at = 0, latencyMs = 10) {
  let found: ReturnType<SplitJudge['answered']>
  for (let i = 0; i < calls; i += 1) found ??= judge.answered(version, at, i >= calls - failures, latencyMs)
  return found
}

test('a version that fails altogether is found worse with the least number of calls', () => {
  const judge = judgeOf()
  tell(judge, stable, 400, 4)
  assert.equal(tell(judge, canary, 19, 19), undefined)
  const found = tell(judge, canary, 1, 1)
  assert.equal(found?.reason, 'failures')
  assert.equal(found?.calls, 20)
  assert.equal(found?.failureShare, 1)
  assert.equal(found?.stableCalls, 400)
  assert.equal(found?.stableFailureShare, 0.01)
  assert.ok((found?.worseBy ?? 0) > 0.5)
  assert.equal(found?.latencyMs, undefined)
})

test('a version that fails as often as the stable one is not found worse, however often that is', () => {
  const judge = judgeOf()
  tell(judge, stable, 1_000, 500)
  assert.equal(tell(judge, canary, 100, 50), undefined)
})

test('a version that is worse by less than the margin is not found worse', () => {
  const judge = judgeOf({ margin: 0.1 })
  tell(judge, stable, 10_000, 0)
  assert.equal(tell(judge, canary, 5_000, 400), undefined)
  const strict = judgeOf({ margin: 0.05 })
  tell(strict, stable, 10_000, 0)
  assert.ok(tell(strict, canary, 5_000, 400))
})

test('without calls to the stable version nothing is concluded', () => {
  assert.equal(tell(judgeOf(), canary, 1_000, 1_000), undefined)
})

test('calls before the window do not count', () => {
  const judge = judgeOf({ window: '10s' })
  tell(judge, stable, 100, 0)
  tell(judge, canary, 15, 15)
  assert.deepEqual(judge.countsOf(canary, 9_000), { calls: 15, failures: 15 })
  assert.deepEqual(judge.countsOf(canary, 11_000), { calls: 0, failures: 0 })
  tell(judge, stable, 100, 0, 11_000)
  assert.equal(tell(judge, canary, 15, 15, 11_000), undefined)
})

test('a body that breaks counts as a failure', () => {
  const judge = judgeOf()
  tell(judge, stable, 400, 0)
  tell(judge, canary, 30, 0)
  let found: ReturnType<SplitJudge['answered']>
  for (let i = 0; i < 15; i += 1) found ??= judge.spoiled(canary, 0)
  assert.equal(found?.reason, 'failures')
  assert.equal(judge.spoiled(stable, 0), undefined)
})

test('a version that is slower than it may be is found slower', () => {
  const judge = judgeOf({ latency: { quantile: 0.95, factor: 1.5 } })
  for (let ms = 10; ms < 210; ms += 1) judge.answered(stable, 0, false, ms)
  let found: ReturnType<SplitJudge['answered']>
  for (let ms = 10; ms < 210; ms += 1) found ??= judge.answered(canary, 0, false, ms * 3)
  assert.equal(found?.reason, 'latency')
  assert.ok((found?.latencyMs ?? 0) > 1.5 * (found?.stableLatencyMs ?? 0))
  assert.ok((found?.worseBy ?? 0) > 0)
})

test('a version that is somewhat slower, or as slow, is not found slower', () => {
  for (const times of [1, 1.3]) {
    const judge = judgeOf({ latency: {} })
    for (let i = 0; i < 2_000; i += 1) judge.answered(stable, 0, false, 10 + (i % 200))
    for (let i = 0; i < 2_000; i += 1) assert.equal(judge.answered(canary, 0, false, times * (10 + (i % 200))), undefined)
  }
})

test('what was forgotten does not count any more', () => {
  const judge = judgeOf({ latency: {} })
  tell(judge, stable, 400, 0)
  tell(judge, canary, 19, 19)
  judge.clear()
  tell(judge, stable, 400, 0)
  assert.equal(tell(judge, canary, 19, 19), undefined)
})
