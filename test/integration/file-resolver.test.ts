import assert from 'node:assert/strict'
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Cancellation } from '../../src/call/cancellation.ts'
import { Directory } from '../../src/discovery/directory.ts'
import { file } from '../../src/discovery/file.ts'
import { Roster } from '../../src/endpoint/roster.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import { systemClock } from '../../src/runtime/system-clock.ts'
import { testHost } from '../../src/testing/test-host.ts'
import { patientClock } from '../servers/movable-clock.ts'
import { temporaryFolder, until } from '../servers/server-kit.ts'

interface Opened {
  readonly directory: Directory
  readonly path: string
  readonly folder: string
  addresses(): string[]
  failed(): number
}

/** A test with a file and a directory that reads it, both of which end with the test. */
function fileTest(
  sentence: string,
  options: { readonly name?: string; readonly before?: (folder: string) => Promise<void>; readonly every?: '40ms'; readonly clock?: Clock },
  check: (opened: Opened) => Promise<void>,
): void {
  test(sentence, async () => {
    const folder = await temporaryFolder()
    const path = join(folder.path, options.name ?? 'endpoints.json')
    await options.before?.(folder.path)
    const host = testHost({ service: 'orders', clock: options.clock ?? systemClock })
    const resolver = file(path, { every: options.every ?? '1m' })(host)
    const backoff = { initial: '20ms', max: '100ms' } as const
    const directory = new Directory({ service: 'orders', host, resolver, roster: new Roster(), options: { backoff } })
    directory.start()
    try {
      await directory.settled(new Cancellation())
      await check({
        directory,
        path,
        folder: folder.path,
        addresses: () => directory.endpoints.map((endpoint) => endpoint.address).sort(),
        failed: () => host.events.filter(({ name }) => name === 'resolver-failed').length,
      })
    } finally {
      await directory.close()
      await folder.remove()
    }
  })
}

const urls = (...numbers: number[]) => numbers.map((n) => `http://10.0.0.${n}:80`)
const json = (...numbers: number[]) => JSON.stringify(urls(...numbers))
const same = (left: readonly string[], right: readonly string[]) => left.join() === right.join()

fileTest(
  'a file that is written over is read again at once, not at the next look',
  { before: (folder) => writeFile(join(folder, 'endpoints.json'), json(1)) },
  async ({ addresses, path, directory, failed }) => {
    const [endpoint] = directory.endpoints
    assert.deepEqual(addresses(), urls(1))
    for (let n = 2; n < 6; n += 1) {
      await writeFile(path, json(1, n))
      await until('the new list', () => same(addresses(), urls(1, n)))
    }
    assert.equal(directory.endpoints[0], endpoint)
    assert.equal(failed(), 0)
  },
)

fileTest(
  'a file that an editor replaces by renaming is read again, many times over',
  { before: (folder) => writeFile(join(folder, 'endpoints.json'), json(1)) },
  async ({ addresses, path, failed }) => {
    for (let n = 2; n < 8; n += 1) {
      await writeFile(`${path}~`, json(n))
      await rename(`${path}~`, path)
      await until('the new list', () => same(addresses(), urls(n)))
    }
    assert.equal(failed(), 0)
  },
)

fileTest(
  'a file behind links that are swapped, as in a Kubernetes ConfigMap, is read again',
  {
    name: 'endpoints.yaml',
    before: async (folder) => {
      await mkdir(join(folder, '..v1'))
      await writeFile(join(folder, '..v1', 'endpoints.yaml'), 'services:\n  orders: [http://10.0.0.1:80]\n')
      await symlink('..v1', join(folder, '..data'))
      await symlink(join('..data', 'endpoints.yaml'), join(folder, 'endpoints.yaml'))
    },
  },
  async ({ addresses, folder, failed }) => {
    assert.deepEqual(addresses(), urls(1))
    for (let version = 2; version < 5; version += 1) {
      await mkdir(join(folder, `..v${version}`))
      await writeFile(join(folder, `..v${version}`, 'endpoints.yaml'), `services:\n  orders: [http://10.0.0.${version}:80]\n`)
      await symlink(`..v${version}`, join(folder, '..data_tmp'))
      await rename(join(folder, '..data_tmp'), join(folder, '..data'))
      await rm(join(folder, `..v${version - 1}`), { recursive: true })
      await until('the new list', () => same(addresses(), urls(version)))
    }
    assert.equal(failed(), 0)
  },
)

fileTest(
  'a half-written file is no fault when the rest comes soon, and the list before it stays meanwhile',
  { clock: patientClock(8), before: (folder) => writeFile(join(folder, 'endpoints.json'), json(1)) },
  async ({ addresses, path, failed }) => {
    for (let n = 2; n < 5; n += 1) {
      await writeFile(path, json(n).slice(0, 12))
      await new Promise((resolve) => setTimeout(resolve, 90))
      assert.deepEqual(addresses(), urls(...(n === 2 ? [1] : [n - 1])))
      await writeFile(path, json(n))
      await until('the whole list', () => same(addresses(), urls(n)))
    }
    assert.equal(failed(), 0)
  },
)

fileTest(
  'a bad file is a fault that keeps the last good list, and is read again when it is good',
  { before: (folder) => writeFile(join(folder, 'endpoints.json'), json(1)) },
  async ({ addresses, path, directory }) => {
    await writeFile(path, '[ "http://10.0.0.2:80", ')
    await until('the fault', () => directory.snapshot().failures > 0)
    assert.match(directory.snapshot().lastError ?? '', /file .*endpoints\.json: expected JSON/)
    assert.deepEqual(addresses(), urls(1))
    await writeFile(path, json(3))
    await until('the new list', () => same(addresses(), urls(3)))
    assert.equal(directory.snapshot().failures, 0)
  },
)

fileTest('a file that is missing at first is a fault, and is found when it appears', {}, async ({ addresses, path, directory }) => {
  assert.equal(directory.state, 'unresolved')
  assert.match(directory.snapshot().lastError ?? '', /ENOENT/)
  await writeFile(path, json(1))
  await until('the list', () => same(addresses(), urls(1)))
})

fileTest(
  'a file that is removed is a fault that keeps the last good list',
  { before: (folder) => writeFile(join(folder, 'endpoints.json'), json(1)) },
  async ({ addresses, path, directory }) => {
    await rm(path)
    await until('the fault', () => directory.snapshot().failures > 0)
    assert.deepEqual(addresses(), urls(1))
    await writeFile(path, json(2))
    await until('the new list', () => same(addresses(), urls(2)))
  },
)

fileTest(
  'where the system does not tell of changes, they are seen at the next look',
  {
    every: '40ms',
    before: async (folder) => {
      // A change in the folder of a link's target is none in the folder that is watched.
      await mkdir(join(folder, 'elsewhere'))
      await writeFile(join(folder, 'elsewhere', 'list.json'), json(1))
      await symlink(join('elsewhere', 'list.json'), join(folder, 'endpoints.json'))
    },
  },
  async ({ addresses, folder }) => {
    assert.deepEqual(addresses(), urls(1))
    await writeFile(join(folder, 'elsewhere', 'list.json'), json(2))
    await until('the new list', () => same(addresses(), urls(2)))
  },
)
