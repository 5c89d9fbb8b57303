import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import type { Overview } from '../../../src/admin/index.ts'
import type { Terminal } from '../../../src/cli/terminal.ts'
import { top } from '../../../src/cli/top.ts'
import { findProgram, until, within } from '../../servers/server-kit.ts'
import { openAdmin } from './admin-kit.ts'

const token = 'a-token-of-sufficient-length'
const main = join(import.meta.dirname, '..', '..', '..', 'src', 'cli', 'main.ts')

/** A terminal that keeps what is written. */
function terminal(over: { isTTY?: boolean; env?: Record<string, string>; rows?: number } = {}) {
  const state = { out: '', err: '', stop: () => {}, listening: 0 }
  const own: Terminal = {
    out: { write: (part: string) => (state.out += part), isTTY: over.isTTY ?? false, columns: 140, rows: over.rows ?? 24 },
    err: { write: (part: string) => (state.err += part) },
    env: over.env ?? {},
    onStop: (listener) => {
      state.stop = listener
      state.listening += 1
      return () => {
        state.listening -= 1
      }
    },
  }
  return { own, state }
}

/** Runs the program as a process. */
async function run(args: readonly string[], env: Record<string, string> = {}): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close') as Promise<[number | null]>])
  return { code, out, err }
}

test('proxyless top --once prints one picture with rates and ends', async (t) => {
  const { admin } = await openAdmin(t, { interval: 100 })
  const { code, out, err } = await run(['top', admin.url, '--once'])
  assert.deepEqual([code, err], [0, ''])
  assert.match(out, /^shop {2}open, up/)
  assert.match(out, /0 calls\/s/)
  assert.match(out, /http:\/\/10\.0\.0\.1:80 .* healthy/)
  assert.ok(!out.includes('\u001b'))
})

test('proxyless top --once --json prints an overview as one line of JSON', async (t) => {
  const { admin } = await openAdmin(t, { interval: 100, token })
  const { code, out } = await run(['top', admin.url.replace(/\/$/, ''), '--once', '--json'], { PROXYLESS_ADMIN_TOKEN: token })
  assert.equal(code, 0)
  const overview = JSON.parse(out) as Overview
  assert.deepEqual([overview.mesh, overview.windowMs > 0, out.trimEnd().includes('\n')], ['shop', true, false])
})

test('what is wrong is said in a sentence, with an exit code', async (t) => {
  const { admin, port } = await openAdmin(t, { interval: 100, token })
  const cases: [readonly string[], number, RegExp][] = [
    [['top', admin.url], 1, /answered 401: .*; give it with --token or PROXYLESS_ADMIN_TOKEN/],
    [['top', admin.url, '--token', 'wrong-token-wrong-token'], 1, /answered 401: the token is wrong/],
    [['top', 'http://127.0.0.1:1'], 1, /http:\/\/127\.0\.0\.1:1\/api\/stream cannot be reached: /],
    [['top', 'ftp://127.0.0.1'], 2, /expected the URL of an admin page/],
    [['top', '--twice'], 2, /--twice/],
    [['top', '--timeout', 'soon'], 2, /--timeout: expected a duration such as .*, above 0, got soon/],
    [['top', '--timeout', '0'], 2, /--timeout: expected a duration .* got 0/],
    [['top', 'http://a', 'http://b'], 2, /expected one URL/],
    [
      ['top', admin.url, '--token', 'secret\nsecret-secret-secret'],
      2,
      /^proxyless top: expected a token of letters, digits and signs, got one with something else in it$/m,
    ],
    [['top', admin.url.replace('//', '//user:secret@')], 2, /^proxyless top: expected a URL without user and password: .* --token$/m],
    [['tip'], 2, /expected a command \(.*top.*\), got "tip"/],
    [[], 2, /^$/],
  ]
  const results = await Promise.all(cases.map(([args]) => run(args)))
  for (const [i, [args, code, message]] of cases.entries()) {
    assert.equal(results[i]?.code, code, `${args.join(' ')}: ${results[i]?.err}`)
    assert.match(results[i]?.err ?? '', message)
    assert.ok(!/secret-secret|:secret@/.test(results[i]?.err ?? ''), 'no secret is printed')
  }
  assert.match((await run(['top', '--help'])).out, /--once +print one picture and end/)
  assert.ok(port > 0)
})

test('a token with a line break at its end, as files and secrets of a cluster have it, is that token', async (t) => {
  const { admin } = await openAdmin(t, { interval: 100, token })
  const { code, err } = await run(['top', admin.url, '--once'], { PROXYLESS_ADMIN_TOKEN: `${token}\n` })
  assert.deepEqual([code, err], [0, ''])
})

test('events of somebody else are no admin page', async (t) => {
  for (const sent of ['{"mesh":1}', 'null', 'no json']) {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${sent}\n\n`)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const { own, state } = terminal()
    assert.equal(await top([`http://127.0.0.1:${(server.address() as AddressInfo).port}`], own), 1)
    assert.match(state.err, /^proxyless top: http:.* is not an admin page of a mesh\n$/)
  }
})

test('a server that takes the connection and says nothing, or breaks off in the middle of a refusal, is given up after the timeout', async (t) => {
  const sayings: readonly RequestListener[] = [() => {}, (_request, response) => void response.writeHead(500).write('wait')]
  for (const answer of sayings) {
    const server = createServer(answer).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => {
      server.closeAllConnections()
      server.close()
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { code, err } = await run(['top', url, '--timeout', '300ms'])
    assert.deepEqual([code, err], [1, `proxyless top: ${url}/api/stream did not answer for 0.3 s (see --timeout)\n`])
  }
})

test('a stream that falls silent later is given up, and the terminal is as it was', async (t) => {
  const { port } = await openAdmin(t, { interval: 100 })
  const overview = await (await fetch(`http://127.0.0.1:${port}/api/overview`)).text()
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${overview}\n\n`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { own, state } = terminal({ isTTY: true })
  assert.equal(await top([url, '--timeout', '300ms'], own), 1)
  assert.equal(state.err, `proxyless top: ${url}/api/stream fell silent: nothing came for 0.3 s (see --timeout)\n`)
  assert.ok(state.out.includes('shop') && state.out.endsWith('\u001b[?25h\u001b[?1049l'))
})

test('a page that tells news seldom is waited for, because it says that it is still there', async (t) => {
  const { admin } = await openAdmin(t, { interval: '6s' })
  const { own, state } = terminal()
  const running = top([admin.url, '--timeout', '5s'], own)
  await until('a second picture came', () => state.out.split('shop  open').length > 2, 12_000)
  state.stop()
  assert.equal(await running, 0)
})

test('in a terminal the picture is redrawn in place, and ctrl-c leaves the terminal as it was', async (t) => {
  const { net, admin } = await openAdmin(t, { interval: 100 })
  const { own, state } = terminal({ isTTY: true, env: { TERM: 'xterm' } })
  const running = top([admin.url], own)
  await until('several pictures are drawn', () => state.out.split('\u001b[H').length > 4)
  net.service('orders').eject('http://10.0.0.1:80')
  await until('a change is drawn', () => state.out.includes('\u001b[31mejected\u001b[0m'))
  state.stop()
  assert.equal(await running, 0)
  assert.ok(state.out.startsWith('\u001b[?1049h\u001b[?25l'), 'another screen, without a cursor')
  assert.ok(state.out.endsWith('\u001b[?25h\u001b[?1049l'), 'and back')
  assert.deepEqual([state.listening, state.err], [0, ''])
})

test('a program that ends its admin page ends the picture, and the terminal is as it was', async (t) => {
  const { admin } = await openAdmin(t, { interval: 100 })
  const { own, state } = terminal({ isTTY: true })
  const running = top([admin.url], own)
  await until('a picture is drawn', () => state.out.includes('shop'))
  await admin.close()
  assert.equal(await running, 1)
  assert.ok(state.out.endsWith('\u001b[?25h\u001b[?1049l'))
  assert.match(state.err, /ended|broke/)
})

test('outside of a terminal pictures follow each other, and NO_COLOR is heeded inside', async (t) => {
  const { admin } = await openAdmin(t, { interval: 100 })
  const piped = terminal()
  const running = top([admin.url], piped.own)
  await until('three pictures came', () => piped.state.out.split('shop  open').length > 3)
  piped.state.stop()
  assert.equal(await running, 0)
  assert.ok(!piped.state.out.includes('\u001b'))
  const plain = terminal({ isTTY: true, env: { NO_COLOR: '1' } })
  const drawing = top([admin.url], plain.own)
  await until('a picture is drawn', () => plain.state.out.includes('shop'))
  plain.state.stop()
  await drawing
  assert.ok(!/\[3\dm/.test(plain.state.out))
})

test('a real terminal is as it was after ctrl-c', async (t) => {
  const script = findProgram('script')
  if (script === undefined) return t.skip('script (util-linux) is not installed')
  const { admin } = await openAdmin(t, { interval: 100 })
  // The shell gives its place to the program: some shells would stay, and die themselves of what was meant for the program.
  const child = spawn(script, ['-qec', `exec ${process.execPath} ${main} top ${admin.url}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm', SHELL: '/bin/sh' },
  })
  let out = ''
  child.stdout.on('data', (part) => (out += String(part)))
  await until('a picture is drawn', () => out.includes('http://10.0.0.1:80'))
  child.stdin.write('\u0003')
  const [code] = (await once(child, 'close')) as [number | null]
  assert.equal(code, 0)
  assert.ok(out.includes('\u001b[?1049h') && out.trimEnd().endsWith('\u001b[?25h\u001b[?1049l'), JSON.stringify(out.slice(-60)))
})

test('ctrl-c before there is anything to show ends the program at once, and draws nothing', async (t) => {
  const server = createServer(() => {}).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { own, state } = terminal({ isTTY: true })
  const running = top([`http://127.0.0.1:${(server.address() as AddressInfo).port}`], own)
  await once(server, 'request')
  state.stop()
  // A hand that is impatient presses twice.
  state.stop()
  assert.equal(await within('it ends', running), 0)
  assert.deepEqual([state.out, state.err, state.listening], ['', '', 0])
})

test('a reader that leaves early ends the program', async (t) => {
  const { admin } = await openAdmin(t, { interval: 100 })
  const child = spawn(process.execPath, [main, 'top', admin.url], { stdio: ['ignore', 'pipe', 'pipe'] })
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const [code] = (await once(child, 'close')) as [number | null]
  assert.equal(code, 0)
})
