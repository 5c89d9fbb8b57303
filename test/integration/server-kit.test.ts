import assert from 'node:assert/strict'
import { test } from 'node:test'
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

test('waiting in vain ends with what was waited for', async () => {
  assert.ok((await freePort()) > 0)
  await assert.rejects(
    until('pigs fly', () => false, 30),
    /waited 30 ms in vain: pigs fly/,
  )
})
