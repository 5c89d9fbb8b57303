import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

/** Runs the suite on resolvers that each break one law; the names of the tests that failed, by resolver. */
async function failures(): Promise<Map<string, string[]>> {
  const path = fileURLToPath(new URL('./broken-resolvers.ts', import.meta.url))
  // The runner tells its tests by this variable that they are a part of it; these are not.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, ['--test-reporter=tap', path], { env, timeout: 110_000 }, (_error, stdout) => resolve(stdout))
  })
  const byResolver = new Map<string, string[]>()
  for (const [, outcome, name, law] of output.matchAll(/^(not ok|ok) \d+ - ([^:\n]+): (.*)$/gm)) {
    const failed = byResolver.get(name as string) ?? []
    if (outcome === 'not ok') failed.push(law as string)
    byResolver.set(name as string, failed)
  }
  return byResolver
}

test('the suite passes a good resolver, and finds what is wrong with each bad one', async () => {
  const found = await failures()
  const has = (name: string, law: RegExp): void => {
    const failed = found.get(name)
    assert.ok(
      failed?.some((one) => law.test(one)),
      `${name}: ${JSON.stringify(failed)} has nothing like ${law}`,
    )
  }
  assert.deepEqual(found.get('good'), [])
  has('deaf', /signal ends while it waits/)
  has('a delta', /the whole new list comes/)
  has('empty on fault', /cannot tell makes the watch throw/)
  has('empty on fault', /fails later does not make the endpoints vanish/)
  has('no pause', /the whole new list comes/)
  has('a held timer', /every timer of it is a background timer/)
  has('a left timer', /leaves no timer/)
  has('a held socket', /waits does not keep the process alive/)
  has('one watch only', /two watches at a time/)
  has('unusable', /first answer/)
})
