import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Cancellation } from '../../../src/call/cancellation.ts'
import { file } from '../../../src/discovery/file.ts'
import { SnapshotFile } from '../../../src/discovery/snapshot-file.ts'
import { type TemporaryFolder, temporaryFolder, until } from '../../servers/server-kit.ts'
import { openDirectory } from './open-directory.ts'
import { OpenWatch } from './open-watch.ts'

const a = 'http://10.0.0.1:80'
const b = 'http://10.0.0.2:80'

let folder: TemporaryFolder
let files = 0

before(async () => {
  folder = await temporaryFolder()
})
after(() => folder.remove())

function freshPath(): string {
  files += 1
  return join(folder.path, `snapshot-${files}.json`)
}

async function keep(path: string, endpoints: unknown, service = 'orders'): Promise<void> {
  await writeFile(path, JSON.stringify({ service, resolver: 'registry', answeredAt: 1, endpoints }))
}

test('the last good answer is written, and a process that cannot resolve begins with it', async () => {
  const path = freshPath()
  const first = openDirectory({ snapshotFile: path })
  first.source.answer([a])
  await first.settle()
  first.source.answer([a, { url: b, weight: 3 }])
  await first.settle()
  await first.directory.close()
  const kept = JSON.parse(await readFile(path, 'utf8'))
  assert.deepEqual(kept, {
    service: 'orders',
    resolver: 'scripted',
    answeredAt: first.host.clock.wallTime(),
    endpoints: [{ url: a }, { url: b, weight: 3 }],
  })

  const second = openDirectory({ snapshotFile: path })
  second.source.fail(new Error('registry down'))
  await second.directory.settled(new Cancellation())
  assert.deepEqual(second.addresses(), [a, b])
  assert.equal(second.directory.state, 'resolved')
  assert.equal(second.directory.endpoints[1]?.weight, 3)
  assert.equal(second.directory.snapshot().fromFile, true)
  assert.equal(second.directory.snapshot().ageMs, undefined, 'the resolver has not answered in this process')
  const [endpoint] = second.directory.endpoints
  second.source.answer([a])
  await second.host.clock.advance(100)
  assert.equal(second.directory.snapshot().fromFile, false)
  assert.equal(second.directory.endpoints[0], endpoint)
  await second.directory.close()
})

test('a resolver that answers in time is not overtaken by the file', async () => {
  const path = freshPath()
  await keep(path, [b])
  const { source, addresses, directory, host } = openDirectory({ snapshotFile: path })
  source.answer([a])
  await host.clock.advance(5_000)
  assert.deepEqual(addresses(), [a])
  assert.equal(directory.version, 1)
  await directory.close()
  host.clock.assertIdle()
})

test('a resolver that says nothing is waited for before the file is used', async () => {
  const path = freshPath()
  await keep(path, [b])
  const { addresses, directory, host } = openDirectory({ snapshotFile: path, snapshotAfter: '2s' })
  await host.clock.advance(1_999)
  assert.equal(directory.state, 'unresolved')
  await host.clock.advance(1)
  await directory.settled(new Cancellation())
  assert.deepEqual(addresses(), [b])
  await directory.close()
})

test('endpoints of the file are distrusted no more than others: a sudden empty answer is held', async () => {
  const path = freshPath()
  await keep(path, [b])
  const { directory, source, addresses, host } = openDirectory({ snapshotFile: path })
  source.fail()
  await directory.settled(new Cancellation())
  source.answer([])
  await host.clock.advance(100)
  assert.deepEqual(addresses(), [b])
  assert.equal(directory.snapshot().held, true)
  await directory.close()
})

test('a file that is not there is nothing to tell; one that is broken, or of another service, is told and not used', async () => {
  const missing = openDirectory({ snapshotFile: freshPath() })
  missing.source.fail()
  await missing.directory.settled(new Cancellation())
  assert.equal(missing.directory.state, 'unresolved')
  assert.deepEqual(missing.eventNames(), ['resolver-failed'])

  for (const [content, message] of [
    ['{"service":"ord', /JSON/],
    ['null', /it holds the endpoints of undefined, not of "orders"/],
    ['{"service":"stock","endpoints":["http://10.0.0.1"]}', /it holds the endpoints of "stock", not of "orders"/],
    ['{"service":"orders","endpoints":"x"}', /snapshot file of orders: expected a list/],
  ] as const) {
    const path = freshPath()
    await writeFile(path, content)
    const { directory, source, host } = openDirectory({ snapshotFile: path })
    source.fail()
    await directory.settled(new Cancellation())
    assert.equal(directory.state, 'unresolved')
    const event = host.events.find(({ name }) => name === 'snapshot-file-failed')?.event as { file: string; error: Error }
    assert.equal(event.file, path)
    assert.match(event.error.message, message)
    await directory.close()
  }
})

test('a service that is known to be absent or empty leaves nothing to begin with', async () => {
  const path = freshPath()
  const first = openDirectory({ snapshotFile: path })
  first.source.answer([a])
  first.source.answer({ kind: 'absent' })
  await first.settle()
  await first.directory.close()
  const second = openDirectory({ snapshotFile: path })
  second.source.fail()
  await second.directory.settled(new Cancellation())
  assert.equal(second.directory.state, 'unresolved')
  await second.directory.close()
})

test('a file that cannot be written is told, and hurts nobody', async () => {
  const { directory, source, addresses, host, settle } = openDirectory({ snapshotFile: join(folder.path, 'none', 'x.json') })
  source.answer([a])
  await settle()
  assert.deepEqual(addresses(), [a])
  await until('the event', () => host.events.some(({ name }) => name === 'snapshot-file-failed'))
  await directory.close()
})

test('of many answers in a row the last is on disk in the end, whole, and no other file is left', async () => {
  const path = freshPath()
  const failures: unknown[] = []
  const snapshot = new SnapshotFile(path, (error) => failures.push(error))
  for (let i = 0; i <= 200; i += 1) {
    snapshot.write({ service: 'orders', resolver: 'r', answeredAt: i, endpoints: [{ url: `http://10.0.0.1:${i + 1}` }] })
    if (i % 50 === 0) await snapshot.flushed()
  }
  await snapshot.flushed()
  assert.deepEqual(await snapshot.read('orders'), [{ url: 'http://10.0.0.1:201' }])
  assert.deepEqual(failures, [])
  assert.deepEqual(
    (await readdir(folder.path)).filter((name) => name.endsWith('.tmp')),
    [],
  )
})

test('file() reads a snapshot file, too', async () => {
  const path = freshPath()
  await keep(path, [{ url: a }])
  const watch = new OpenWatch(file(path))
  assert.deepEqual(await watch.nextUrls(), [a])
  watch.end()
})
