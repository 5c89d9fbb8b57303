/** The built-in fetch of the Nodes that the package promises to run on, each with an undici of its own inside, through the mesh's dispatcher. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { nodeProgram, nodeVersions } from '../../consumer/node-versions.ts'
import { runToSuccess } from '../../consumer/run-program.ts'

interface Seen {
  readonly version: string
  readonly failures: readonly string[]
  /** Calls of the mesh while the dispatcher was given as an option, and while it was the global one. */
  readonly given: number
  readonly global: number
  readonly inFlight: number
}

for (const version of nodeVersions) {
  test(`the built-in fetch of Node ${version} goes through the mesh, given its dispatcher or with it as the global one`, async () => {
    const node = await nodeProgram(version)
    const program = join(import.meta.dirname, 'built-in-fetch.ts')
    const { output } = await runToSuccess(node, [program], { cwd: import.meta.dirname, withinMs: 60_000 })
    const seen = JSON.parse(output) as Seen
    assert.equal(seen.version, `v${version}`)
    assert.deepEqual(seen.failures, [])
    assert.equal(seen.inFlight, 0)
    assert.ok(seen.given >= 19, `${seen.given} calls`)
    assert.equal(seen.global, seen.given)
  })
}
