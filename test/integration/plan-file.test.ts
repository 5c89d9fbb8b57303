import assert from 'node:assert/strict'
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Mesh,
  type MeshEvents,
  type MeshOptions,
  mesh,
  meshFromFile,
  PlanFileError,
  readPlanFile,
  watchPlanFile,
} from '../../src/index.ts'
import { patientClock } from '../servers/movable-clock.ts'
import { temporaryFolder, until } from '../servers/server-kit.ts'

const quiet = { every: '1m', warn: false } as const

interface Started {
  readonly url: string
  readonly server: Server
}

/** A server that says who it is, after a while if it is asked for `/slow`. */
async function startServer(name: string): Promise<Started> {
  const server = createServer((request, response) => {
    if (request.url === '/slow') setTimeout(() => response.end(name), 300)
    else response.end(name)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

interface Opened {
  readonly folder: string
  readonly path: string
  readonly a: string
  readonly b: string
  readonly refused: MeshEvents['plan-refused'][]
  readonly applied: MeshEvents['plan-applied'][]
  /** Starts a mesh with the file, and hears its events. */
  readonly start: (options?: MeshOptions) => Promise<Mesh>
  /** Puts a text in the place of the file at once. */
  readonly replace: (text: string) => Promise<void>
}

/** A test with two servers, a folder and a mesh from a file in it, all of which end with the test. */
function planTest(sentence: string, check: (opened: Opened) => Promise<void>): void {
  test(sentence, async () => {
    const folder = await temporaryFolder()
    const servers = [await startServer('a'), await startServer('b')]
    const path = join(folder.path, 'mesh.yaml')
    const [refused, applied]: [MeshEvents['plan-refused'][], MeshEvents['plan-applied'][]] = [[], []]
    let net: Mesh | undefined
    let files = 0
    try {
      await check({
        folder: folder.path,
        path,
        a: servers[0]!.url,
        b: servers[1]!.url,
        refused,
        applied,
        start: async (options) => {
          net = await meshFromFile(path, { ...quiet, mesh: options })
          net.on('plan-refused', (event) => void refused.push(event))
          net.on('plan-applied', (event) => void applied.push(event))
          return net
        },
        replace: async (text) => {
          const temporary = join(folder.path, `.mesh-${(files += 1)}`)
          await writeFile(temporary, text)
          await rename(temporary, path)
        },
      })
    } finally {
      await net?.close({ grace: 0 })
      for (const { server } of servers) server.close()
      await folder.remove()
    }
  })
}

const plan = (url: string, more = '') => `services:\n  orders:\n    resolve: { fixed: ['${url}'] }\n${more}`
const who = async (net: Mesh) => (await net.fetch('http://orders/')).text()

planTest(
  'a mesh follows its file: good ones are applied, bad ones change nothing and say why',
  async ({ a, b, path, start, refused, applied }) => {
    await writeFile(path, plan(a))
    const net = await start()
    assert.equal(await who(net), 'a')

    await writeFile(path, plan(b, '    retry: { attempts: 0 }\n'))
    await until('the file is refused', () => refused.length === 1)
    const [event] = refused
    assert.equal(event?.file, path)
    assert.ok(event?.error instanceof PlanFileError)
    assert.deepEqual(
      event?.problems.map(({ line, column, path: where }) => [line, column, where]),
      [[4, 24, 'services.orders.retry.attempts']],
    )
    assert.equal(await who(net), 'a')

    await writeFile(path, plan(b, '    retry: { attempts: 2 }\n'))
    await until('the file is applied', () => applied.length === 1)
    await until('the other server answers', async () => (await who(net)) === 'b')
    assert.equal(refused.length, 1)
  },
)

planTest('a file is applied that is renamed into place, and that a link is turned to', async ({ a, b, folder, path, start, replace }) => {
  await mkdir(join(folder, 'v1'))
  await writeFile(join(folder, 'v1', 'mesh.yaml'), plan(a))
  await symlink('v1', join(folder, '..data'))
  await symlink(join('..data', 'mesh.yaml'), path)
  const net = await start()
  assert.equal(await who(net), 'a')

  // As Kubernetes does it with a ConfigMap.
  await mkdir(join(folder, 'v2'))
  await writeFile(join(folder, 'v2', 'mesh.yaml'), plan(b))
  await symlink('v2', join(folder, '..data_tmp'))
  await rename(join(folder, '..data_tmp'), join(folder, '..data'))
  await until('the link is followed', async () => (await who(net)) === 'b')

  await replace(plan(a))
  await until('the new file is read', async () => (await who(net)) === 'a')
})

planTest(
  'a file that is empty, deleted, too large, half-written or no text changes nothing',
  async ({ a, path, start, refused, applied, replace }) => {
    await writeFile(path, plan(a))
    const net = await start()
    const bad: [string, () => Promise<unknown>, RegExp][] = [
      ['empty', () => replace(''), /an empty file/],
      ['deleted', () => rm(path), /ENOENT/],
      ['too large', () => replace(`# ${'x'.repeat(10_000_000)}\n${plan(a)}`), /10000\d+ bytes/],
      ['half-written', () => replace(plan(a).slice(0, -15)), /YAML|Flow|Missing/],
      ['no text', () => writeFile(path, Buffer.from([0xff, 0xfe, 0x00, 0x80])), /other bytes/],
    ]
    for (const [name, spoil, received] of bad) {
      const before = refused.length
      await spoil()
      await until(`${name}: it is refused`, () => refused.length > before)
      assert.match(refused.at(-1)?.problems[0]?.received ?? '', received, name)
      assert.equal(await who(net), 'a', name)
    }
    assert.equal(applied.length, 0)
    await replace(plan(a, '    deadline: 5s\n'))
    await until('the good one is applied', () => applied.length === 1)
    assert.equal(net.plan.services.orders?.deadline, 5_000)
  },
)

planTest('a file that is written piece by piece is read when it is whole', async ({ a, b, path, start, refused, applied }) => {
  await writeFile(path, plan(a))
  const net = await start({ clock: patientClock(10) })
  const text = `${plan(a)}  second:\n    resolve: { fixed: ['${b}'] }\n  third:\n    resolve: { fixed: ['${b}'] }\n`
  const names = new Set<string>()
  net.on('plan-applied', () => void names.add(Object.keys(net.plan.services).join()))
  for (let end = 1; end <= text.length; end += 9) {
    await writeFile(path, text.slice(0, end))
    await sleep(5)
  }
  await writeFile(path, text)
  await until('all of it is applied', () => Object.keys(net.plan.services).length === 3)
  assert.deepEqual([[...names], refused.length, applied.length], [['orders,second,third'], 0, 1])
})

planTest('a text that says the same applies nothing', async ({ a, path, start, applied, replace }) => {
  await writeFile(path, plan(a))
  const net = await start()
  const before = net.plan
  await replace(plan(a))
  await sleep(300)
  await replace(`# a comment\n${plan(a)}`)
  await sleep(300)
  assert.equal(net.plan, before)
  assert.deepEqual(applied, [])
})

planTest('calls in flight survive while bad and good files take turns', async ({ a, b, path, start, refused, replace }) => {
  await writeFile(path, plan(a))
  const net = await start()
  let done = false
  const answers = { a: 0, b: 0 }
  const call = async (target: string) => {
    const response = await net.fetch(target, { method: 'POST', body: 'x' })
    const name = await response.text()
    assert.ok(response.ok && (name === 'a' || name === 'b'), `${response.status} ${name}`)
    answers[name] += 1
  }
  const callers = Array.from({ length: 8 }, async (_, i) => {
    while (!done) await call(i % 2 === 0 ? 'http://orders/' : 'http://orders/slow')
  })
  await until('the first server answers', () => answers.a > 20)
  const bad = ['', 'services: [', plan(b, '    retries: 5\n'), plan('nowhere at all'), 'services: { orders: { balance: random } }']
  for (let turn = 0; turn < 20; turn += 1) {
    const before = refused.length
    await replace(turn % 2 === 0 ? (bad[(turn / 2) % bad.length] as string) : plan(turn % 4 === 1 ? b : a, `    deadline: ${turn + 5}s\n`))
    // Some stay until they are read and refused, others may be gone before.
    if (turn % 6 === 0) await until('it is refused', () => refused.length > before)
    else await sleep(40 + turn * 7)
  }
  await replace(plan(b))
  await until('the last file is in force', () => net.plan.services.orders?.deadline === 15_000)
  await until('the second server answers', () => answers.b > 20)
  done = true
  await Promise.all(callers)
  await until('the server of the last file answers', async () => (await who(net)) === 'b')
  assert.ok(refused.length >= 4, JSON.stringify([answers, refused.length]))
  assert.ok(refused.every(({ problems }) => problems.length > 0))
  const { calls } = net.snapshot().services.orders!
  assert.deepEqual([calls.failed, calls.inFlight], [0, 0])
})

planTest('a certificate that the file points to is read again when it changes', async ({ a, folder, path, start, refused, applied }) => {
  const ca = new URL('../fixtures/tls/', import.meta.url)
  const { readFile, readdir } = await import('node:fs/promises')
  const pems = (await readdir(ca)).filter((name) => name.endsWith('.pem') || name.endsWith('.crt'))
  const certificates = (await Promise.all(pems.map((name) => readFile(new URL(name, ca), 'utf8')))).filter((text) =>
    text.includes('BEGIN CERTIFICATE'),
  )
  await writeFile(join(folder, 'ca.pem'), certificates[0] as string)
  await writeFile(path, plan(a, '    tls: { ca: { file: ca.pem } }\n'))
  const net = await start()
  assert.equal(net.plan.services.orders?.tls?.ca, certificates[0])

  await rm(join(folder, 'ca.pem'))
  await until('the file is refused without its certificate', () => refused.length === 1)
  assert.equal(refused[0]?.problems[0]?.path, 'services.orders.tls.ca.file')
  await writeFile(join(folder, 'ca.pem'), `${certificates[0]}\n`)
  await until('the certificate is there again', () => applied.length === 1)
  assert.equal(net.plan.services.orders?.tls?.ca, `${certificates[0]}\n`)
})

test('a file that cannot be used starts no mesh, and leaves a mesh that runs as it is', async () => {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'mesh.yaml')
  await writeFile(path, 'services: { orders: {} }')
  const net = mesh({ name: 'checkout', outbound: 'registered-only' }).build()
  try {
    await assert.rejects(meshFromFile(path), PlanFileError)
    const before = net.plan
    await assert.rejects(watchPlanFile(net, path), { file: path, code: 'INVALID_CONFIG' })
    await assert.rejects(watchPlanFile(net, join(folder.path, 'nowhere.yaml')), /ENOENT/)
    await assert.rejects(readPlanFile(folder.path), /a regular file/)
    assert.equal(net.plan, before)
    await writeFile(path, "services: { orders: { resolve: { fixed: ['http://127.0.0.1:9'] } } }")
    const watch = await watchPlanFile(net, path, quiet)
    assert.deepEqual([net.plan.name, net.plan.outbound], ['checkout', 'registered-only'])

    watch.close()
    await writeFile(path, 'services: {}')
    await sleep(300)
    assert.deepEqual(Object.keys(net.plan.services), ['orders'])
  } finally {
    await net.close()
    await folder.remove()
  }
})

test('where the system tells nothing, the file is looked at from time to time', async () => {
  const [folder, other] = [await temporaryFolder(), await temporaryFolder()]
  // What changes is in another folder than the one that is watched.
  const path = join(folder.path, 'mesh.yaml')
  const target = join(other.path, 'mesh.yaml')
  await writeFile(target, 'services: {}')
  await symlink(target, path)
  const net = await meshFromFile(path, { every: '50ms', warn: false })
  try {
    await writeFile(target, "services: { orders: { resolve: { fixed: ['http://127.0.0.1:9'] } } }")
    await until('the file is read', () => Object.keys(net.plan.services).length === 1)
  } finally {
    await net.close()
    await folder.remove()
    await other.remove()
  }
})

test('a refused file warns the process once, unless it is told not to', async () => {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'mesh.yaml')
  await writeFile(path, 'services: {}')
  const warnings: Error[] = []
  const hear = (warning: Error & { code?: string }) => void (warning.code === 'PROXYLESS_PLAN_REFUSED' && warnings.push(warning))
  process.on('warning', hear)
  const net = await meshFromFile(path, { every: '30ms' })
  try {
    await rm(path)
    await until('there is a warning', () => warnings.length > 0)
    await sleep(300)
    assert.equal(warnings.length, 1)
    assert.match(warnings[0]!.message, /changed nothing.*ENOENT/s)
  } finally {
    process.off('warning', hear)
    await net.close()
    await folder.remove()
  }
})

test('options that cannot be used are refused by name', async () => {
  const net = mesh().build()
  const refused = (promise: Promise<unknown>, message: RegExp) => assert.rejects(promise, { name: 'ConfigError', message })
  await refused(watchPlanFile(net, ''), /plan file: expected the path of a file/)
  await refused(watchPlanFile(net, 'x', { every: '0ms' }), /plan file: every: expected a duration/)
  await refused(watchPlanFile(net, 'x', { maxBytes: 0 }), /plan file: maxBytes: expected an integer/)
  await refused(watchPlanFile(net, 'x', { format: 'toml' as never }), /plan file: format: expected one of 'json', 'yaml'/)
  await refused(watchPlanFile({} as Mesh, 'x'), /plan file: net: expected a mesh/)
  await net.close()
})
