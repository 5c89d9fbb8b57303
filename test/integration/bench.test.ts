import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { findProgram } from '../servers/server-kit.ts'

const root = join(import.meta.dirname, '..', '..')

/** Runs the benchmarks on the source instead of on what was built. */
async function bench(options: readonly string[], variables: NodeJS.ProcessEnv = {}): Promise<string> {
  const env = { ...process.env, NODE_OPTIONS: '--import ./scripts/from-source.ts', ...variables }
  const { stdout } = await promisify(execFile)(process.execPath, ['bench/main.ts', ...options], { cwd: root, env, timeout: 280_000 })
  return stdout
}

const short = ['--callers', '4', '--measure-ms', '50', '--no-costs']

for (const [where, more] of [
  ['', []],
  [', also without nginx', ['--small-server']],
] as const) {
  test(`a short run of the benchmarks measures every job of net.fetch${where}`, async () => {
    const printed = await bench([...short, '--only', 'mesh-fetch', ...more])
    assert.doesNotMatch(printed, /FAILED/)
    assert.match(printed, /GET, text\(\), 4 callers\n.*calls\/s.*\n {2}net\.fetch +[\d,]+ /)
    for (const job of ['GET 1 MiB', 'POST 1 MiB', 'POST JSON', 'GET 64 KiB', 'iterate'])
      assert.ok(printed.includes(job), `${job} is missing`)
    assert.match(printed, /Targets \(64 callers\)/)
  })
}

test('what the targets compare takes turns', async () => {
  const printed = await bench(['--callers', '64', '--measure-ms', '60', '--no-costs', '--no-jobs', '--only', 'bare-dispatch,mesh-fetch'])
  assert.match(printed, /Targets \(64 callers\)\n {2}the best tenth of 4 turns each\n/)
  assert.match(printed, /bare Client\.dispatch, CPU a call +<= 1\.35x +\d+\.\d\dx +(?:pass|MISS)/)
  assert.match(printed, /net\.fetch \+ text\(\) \/ built-in fetch, calls\/s +>= 4\.0x +- +not measured/)
})

test('what is not installed is left out and named, and the rest is compared', async () => {
  const only = ['--only', 'mesh-fetch,built-in-fetch,undici-envoy', '--no-jobs']
  const printed = await bench([...short, ...only], { XDG_CACHE_HOME: join(root, 'no-such-folder') })
  assert.match(printed, /net\.fetch +[\d,]+ +\d+\.\d\dx/)
  if (findProgram('envoy') === undefined) assert.match(printed, /Left out:\n +undici\.request through Envoy: Envoy is not installed/)
})

test('an option that makes no sense is refused with what was expected', async () => {
  await assert.rejects(bench(['--callers', 'many']), /--callers: expected numbers such as 1,16,64, got many/)
})
