import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Nginx } from '../servers/nginx.ts'
import { findProgram, freePort, need, startProgram, until } from '../servers/server-kit.ts'

test('an nginx of the kit answers on each of its ports with that port, and is gone after stop()', async (context) => {
  const program = need('nginx', context)
  if (program === undefined) return
  const nginx = await Nginx.start(program, { servers: 3 })
  try {
    for (const port of nginx.ports) {
      const answer = await fetch(`http://127.0.0.1:${port}/`)
      assert.equal(await answer.text(), String(port))
    }
    assert.equal(new Set(nginx.ports).size, 3)
  } finally {
    await nginx.stop()
  }
  await assert.rejects(fetch(nginx.urls[0] as string))
})

test('a program that is not there is undefined, and one that ends instead of answering is an error with what it said', async () => {
  assert.equal(findProgram('proxyless-no-such-program'), undefined)
  assert.equal(findProgram('sh')?.endsWith('/sh'), true)
  const start = startProgram({
    program: process.execPath,
    args: ['-e', 'console.error("no such setting"); process.exit(3)'],
    ready: async () => false,
  })
  await assert.rejects(start, /ended.*no such setting/s)
})

test('a missing program skips the test with its reason, and fails it where servers are required', () => {
  const reasons: unknown[] = []
  const context = { skip: (reason?: string) => reasons.push(reason) } as unknown as TestContext
  const before = process.env.PROXYLESS_SERVERS
  try {
    delete process.env.PROXYLESS_SERVERS
    assert.equal(need('proxyless-no-such-program', context), undefined)
    assert.deepEqual(reasons, ['proxyless-no-such-program is not installed; scripts/install-servers.sh installs it'])
    process.env.PROXYLESS_SERVERS = 'required'
    assert.throws(() => need('proxyless-no-such-program', context), /is not installed/)
    assert.equal(reasons.length, 1)
  } finally {
    if (before === undefined) delete process.env.PROXYLESS_SERVERS
    else process.env.PROXYLESS_SERVERS = before
  }
})

test('waiting in vain ends with what was waited for', async () => {
  assert.ok((await freePort()) > 0)
  await assert.rejects(
    until('pigs fly', () => false, 30),
    /waited 30 ms in vain: pigs fly/,
  )
})
