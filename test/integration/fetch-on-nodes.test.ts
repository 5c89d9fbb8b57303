/** The fetch door behaves the same on every Node that the package supports: its tests, run by each of them. */
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { nodeProgram, nodeVersions } from '../consumer/node-versions.ts'
import { runToSuccess } from '../consumer/run-program.ts'

const root = join(import.meta.dirname, '..', '..')
const files = globSync(['test/unit/fetch/*.test.ts', 'test/integration/fetch-door.test.ts', 'test/integration/fetch/*.test.ts'], {
  cwd: root,
})

/** One number of the summary that the test runner prints last. */
function counted(output: string, what: string): number {
  return Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(output)?.[1])
}

for (const version of nodeVersions) {
  test(`the tests of the fetch door pass on Node ${version}`, { timeout: 300_000 }, async () => {
    assert.ok(files.length > 10, `${files.length} files`)
    const args = ['--test', '--test-reporter=tap', '--test-timeout=60000', '--disable-warning=ExperimentalWarning', ...files]
    const { output } = await runToSuccess(await nodeProgram(version), args, { cwd: root, withinMs: 240_000 })
    const tests = counted(output, 'tests')
    assert.ok(tests > 500, `${tests} tests`)
    assert.deepEqual(
      ['pass', 'fail', 'cancelled', 'skipped', 'todo'].map((what) => counted(output, what)),
      [tests, 0, 0, 0, 0],
    )
  })
}
