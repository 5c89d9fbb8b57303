import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SimulationOptions, simulate } from '../../src/testing/index.ts'
import { phaseSeconds, phases, scenario } from './scenarios/spill.ts'

test('calls through a whole mesh spill over as the arithmetic says, phase by phase', async (t) => {
  const { over, servers, failed } = await simulate(scenario.variants.proportional as SimulationOptions)
  const reserve = servers.findIndex(({ name }) => name === 'reserve')
  assert.equal(failed, 0)
  phases.forEach(({ draining, reserve: expected }, phase) => {
    // The first second is for endpoints to be called and to say so.
    const shares = over.slice(phase * phaseSeconds + 1, (phase + 1) * phaseSeconds).map((each) => each.shares[reserve] as number)
    const found = shares.reduce((sum, share) => sum + share, 0) / shares.length
    t.diagnostic(`${4 - draining} of 4 healthy: ${found.toFixed(3)} of the calls go to the reserve, by the table ${expected}`)
    assert.ok(Math.abs(found - expected) < 0.03, `${4 - draining} of 4: ${found} instead of ${expected}`)
  })
})
