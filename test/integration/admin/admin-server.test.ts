import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { adminHandler, type Overview } from '../../../src/admin/index.ts'
import { ConfigError, type MeshSnapshot } from '../../../src/index.ts'
import { until, within } from '../../servers/server-kit.ts'
import { act, ask, openAdmin, shopMesh, watch } from './admin-kit.ts'

const token = 'a-token-of-sufficient-length'
const bearer = { authorization: `Bearer ${token}` }

test('everything that can be read is answered on loopback without a token', async (t) => {
  const { port } = await openAdmin(t, { metrics: () => '# TYPE up gauge\nup 1\n' })
  const overview = JSON.parse((await ask(port, '/api/overview')).text) as Overview
  assert.deepEqual([overview.mesh, overview.services.map(({ name }) => name), overview.actions], ['shop', ['orders', 'users'], true])
  const snapshot = JSON.parse((await ask(port, '/api/snapshot')).text) as MeshSnapshot
  assert.equal(snapshot.services.orders?.endpoints.length, 3)
  const plan = JSON.parse((await ask(port, '/api/plan')).text) as { name: string }
  assert.equal(plan.name, 'shop')
  assert.equal((await ask(port, '/api/recent')).status, 200)
  const metrics = await ask(port, '/metrics')
  assert.deepEqual(
    [metrics.status, metrics.headers['content-type'], metrics.text],
    [200, 'text/plain; version=0.0.4; charset=utf-8', '# TYPE up gauge\nup 1\n'],
  )
  const page = await ask(port, '/')
  assert.match(page.text, /<script src="page.js" type="module">/)
  assert.match(page.headers['content-security-policy'] as string, /^default-src 'none'; script-src 'self';/)
  for (const file of ['/page.js', '/page.css']) assert.equal((await ask(port, file)).status, 200)
})

test('the page refers to nothing on another machine', async (t) => {
  const { port } = await openAdmin(t)
  const files = await Promise.all(['/', '/page.js', '/page.css'].map((path) => ask(port, path)))
  const addresses = files.flatMap(({ text }) => text.match(/https?:\/\/[^\s"'`)]+/g) ?? [])
  // What is named there is the home of preact, in the comment about its licence, the names of the namespaces of SVG and MathML,
  // and the host of a call to explain, which is a service's and is not asked.
  assert.deepEqual(
    addresses.filter((url) => !/^https:\/\/preactjs\.com|^http:\/\/www\.w3\.org\/|^http:\/\/\$\{/.test(url)),
    [],
  )
})

test('without a token, only loopback names are answered: a name that was made to lead here gets nothing', async (t) => {
  const { port } = await openAdmin(t)
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil.example', '10.0.0.1']) {
    for (const path of ['/', '/api/overview', '/api/stream', '/api/plan', '/metrics']) {
      assert.equal((await ask(port, path, { headers: { host } })).status, 421, `${host} ${path}`)
    }
    assert.equal((await act(port, { action: 'drain' }, { host })).status, 421)
  }
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, '[::1]:80', 'shop.localhost']) {
    assert.equal((await ask(port, '/api/overview', { headers: { host } })).status, 200, host)
  }
})

test('without a token, nothing that came through a proxy is answered', async (t) => {
  const { port } = await openAdmin(t)
  for (const header of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via']) {
    assert.equal((await ask(port, '/api/overview', { headers: { [header]: '203.0.113.9' } })).status, 403, header)
  }
})

test('a page of another origin can neither read nor act', async (t) => {
  const { net, port } = await openAdmin(t)
  const drain = { action: 'drain', service: 'orders', endpoint: 'http://10.0.0.1:80' }
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `http://127.0.0.1:${port + 1}` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    assert.equal((await act(port, drain, headers)).status, 403, JSON.stringify(headers))
    assert.equal((await ask(port, '/api/snapshot', { headers })).status, 403, JSON.stringify(headers))
  }
  const { status, headers } = await ask(port, '/api/actions', { method: 'OPTIONS', headers: { origin: 'https://evil.example' } })
  assert.deepEqual([status, headers['access-control-allow-origin']], [405, undefined])
  const simple = { action: 'drain', service: 'orders', endpoint: 'http://10.0.0.1:80' }
  const forms = [{ 'content-type': 'text/plain' }, { 'content-type': 'application/x-www-form-urlencoded' }]
  for (const form of forms) assert.equal((await act(port, simple, form)).status, 415)
  const bare = await ask(port, '/api/actions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(drain),
  })
  assert.equal(bare.status, 403, 'without the header that a form cannot send')
  assert.deepEqual(net.snapshot().services.orders?.endpoints[0]?.findings, {})
  assert.equal((await act(port, drain, { origin: `http://127.0.0.1:${port}` })).status, 200)
  assert.deepEqual(net.snapshot().services.orders?.endpoints[0]?.findings, { drained: 'unhealthy' })
})

test('with a token, whoever lacks it gets the empty page and a yes or no, whatever name they use', async (t) => {
  const { port } = await openAdmin(t, { token })
  for (const authorization of [
    undefined,
    'Bearer',
    'Bearer wrong-token-of-some-length',
    `Basic ${token}`,
    `Bearer ${token}x`,
    `Bearer ${token.slice(0, -1)}`,
    `Bearer ${token} x`,
  ]) {
    const headers = authorization === undefined ? {} : { authorization }
    for (const path of ['/api/overview', '/api/stream', '/api/snapshot', '/api/plan', '/api/recent', '/metrics']) {
      const { status, headers: answered } = await ask(port, path, { headers })
      assert.deepEqual([status, answered['www-authenticate']], [401, 'Bearer realm="proxyless admin"'], `${authorization} ${path}`)
    }
    assert.equal((await act(port, { action: 'drain' }, headers)).status, 401)
  }
  assert.equal((await ask(port, '/', { headers: { host: 'admin.internal' } })).status, 200)
  assert.equal((await ask(port, '/api/overview', { headers: { host: 'admin.internal', ...bearer } })).status, 200)
  assert.equal((await ask(port, `/api/overview?token=${token}`)).status, 401, 'a token has no place in an address')
  assert.equal((await ask(port, '/readyz')).text, '{"ready":true}')
})

test('a wrong method, an unknown path, and actions that are switched off are refused', async (t) => {
  const { port } = await openAdmin(t, { actions: false })
  const wrong = await ask(port, '/api/snapshot', { method: 'POST' })
  assert.deepEqual([wrong.status, wrong.headers.allow], [405, 'GET, HEAD'])
  const read = await ask(port, '/api/actions')
  assert.deepEqual([read.status, read.headers.allow], [405, 'POST'])
  assert.equal((await ask(port, '/api/snapshot', { method: 'HEAD' })).text, '')
  for (const path of ['/nothing', '/api/', '/page/../../package.json', '/constructor', '/%2e%2e/etc/passwd'])
    assert.equal((await ask(port, path)).status, 404, path)
  assert.match((await act(port, { action: 'drain' })).text, /switched off/)
})

test('endpoints are drained, ejected and readmitted, and circuits forced', async (t) => {
  const { net, port } = await openAdmin(t)
  const first = () => net.snapshot().services.orders?.endpoints[0]
  const at = { service: 'orders', endpoint: 'http://10.0.0.1:80' }
  assert.deepEqual([(await act(port, { action: 'drain', ...at })).status, first()?.health], [200, 'unhealthy'])
  for (let i = 0; i < 6; i += 1) await (await net.fetch('http://orders/')).text()
  assert.equal(first()?.attempts, 0)
  await act(port, { action: 'readmit', ...at })
  assert.equal(first()?.health, 'healthy')
  await act(port, { action: 'eject', ...at, time: '1h' })
  assert.equal(first()?.ejection?.rule, 'by-hand')
  assert.ok((first()?.ejection?.forMs ?? 0) > 3_500_000)
  await act(port, { action: 'readmit', ...at })
  await act(port, { action: 'circuit', ...at, state: 'open' })
  assert.equal(first()?.circuit?.forced, 'open')
  await act(port, { action: 'circuit', ...at, state: 'free' })
  assert.equal(first()?.health, 'healthy')
  await act(port, { action: 'circuit', service: 'orders', state: 'open' })
  await assert.rejects(net.fetch('http://orders/'), /fetch failed|circuit/)
  await act(port, { action: 'circuit', service: 'orders', state: 'free' })
  assert.equal(net.snapshot().services.orders?.circuit?.state, 'closed')
})

test('an action that makes no sense is refused with the field, what was expected and what came', async (t) => {
  const { port } = await openAdmin(t)
  const at = { service: 'orders', endpoint: 'http://10.0.0.1:80' }
  const cases: [unknown, RegExp][] = [
    [[], /action: expected an object/],
    [{ action: 'explode' }, /action: expected one of drain, eject, readmit, circuit, fault, got 'explode'|"explode"/],
    [{ action: 'drain', service: 'ordres', endpoint: 'x' }, /service: expected one of .*orders.*, got .*ordres/],
    [{ action: 'drain', service: '__proto__', endpoint: 'x' }, /service: expected one of/],
    [{ action: 'drain', service: 'orders' }, /endpoint: expected a text, got undefined/],
    [{ action: 'drain', service: 'orders', endpoint: 'http://10.9.9.9:80' }, /address: expected one of the service's endpoints/],
    [{ action: 'eject', ...at, time: 'soon' }, /time: expected a duration/],
    [{ action: 'eject', ...at, time: -1 }, /time: expected a duration/],
    [{ action: 'circuit', ...at, state: 'ajar' }, /state: expected one of open, closed, observe, free/],
    [{ action: 'fault', service: 'orders', on: 'yes' }, /on: expected true or false/],
  ]
  for (const [action, message] of cases) {
    const { status, text } = await act(port, action)
    assert.equal(status, 400, text)
    assert.match((JSON.parse(text) as { error: string }).error, message)
  }
  const broken = { method: 'POST', headers: { 'content-type': 'application/json', 'x-proxyless-admin': '1' }, body: '{' }
  assert.deepEqual([(await ask(port, '/api/actions', broken)).status, (await ask(port, '/api/overview')).status], [400, 200])
})

test('a body that is too large is refused before it has come', async (t) => {
  const { port } = await openAdmin(t)
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(
    `POST /api/actions HTTP/1.1\r\nhost: 127.0.0.1\r\nx-proxyless-admin: 1\r\ncontent-type: application/json\r\ncontent-length: 100000000\r\n\r\n`,
  )
  socket.write(Buffer.alloc(64 * 1024, 0x20))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  assert.match(String(answer), /^HTTP\/1\.1 413 /)
  socket.destroy()
})

test('health and readiness are told by status: closed is unhealthy, and a service without endpoints is not ready', async (t) => {
  const net = shopMesh(t)
  const { port } = await openAdmin(t, { ready: ['orders'] }, net)
  assert.deepEqual([(await ask(port, '/healthz')).status, (await ask(port, '/readyz')).status], [200, 200])
  for (const url of ['http://10.0.0.1:80', 'http://10.0.0.2:80', 'http://10.0.0.3:80']) net.service('orders').drain(url)
  const readiness = await ask(port, '/readyz')
  assert.deepEqual(
    [readiness.status, JSON.parse(readiness.text)],
    [503, { ready: false, missing: { orders: 'every endpoint is unhealthy' } }],
  )
  assert.equal((await ask(port, '/readyz', { headers: { host: 'pod.internal' } })).text, '{"ready":false}', 'strangers are not told why')
  await net.close({ grace: 0 })
  assert.deepEqual([(await ask(port, '/healthz')).status, (await ask(port, '/readyz')).status], [503, 503])
})

test('a stream tells rates, shares, latencies and events as they change', async (t) => {
  const { net, port } = await openAdmin(t, { interval: 100 })
  const viewer = await watch(port)
  const calling = setInterval(
    () =>
      void net.fetch('http://orders/').then(
        (reply) => reply.text(),
        () => {},
      ),
    5,
  )
  t.after(() => clearInterval(calling))
  const seen = () => viewer.frames.map(({ services }) => services[0])
  await until('the stream tells of calls', () => (seen().at(-1)?.calls.started ?? 0) > 30)
  const orders = seen().findLast((each) => (each?.perSecond ?? 0) > 0)
  const failing = seen().find((each) => (each?.failuresPerSecond ?? 0) > 0)
  assert.ok((failing?.failuresPerSecond ?? 0) <= (failing?.perSecond ?? 0), JSON.stringify(failing))
  assert.ok((orders?.latency?.p99Ms ?? -1) >= (orders?.latency?.p50Ms ?? 0))
  const shares = orders?.endpoints.map(({ share }) => share) ?? []
  assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-9)
  net.service('orders').eject('http://10.0.0.3:80')
  await until('the ejection is told', () => viewer.frames.at(-1)?.events[0]?.event === 'endpoint-ejected')
  assert.equal(viewer.frames.at(-1)?.services[0]?.endpoints[2]?.ejection?.forMs as unknown, 'Infinity', 'as JSON can say it')
  viewer.leave()
})

test('a hundred viewers share one snapshot, and one too many is told so', async (t) => {
  const net = shopMesh(t)
  let snapshots = 0
  const counting = new Proxy(net, {
    get(target, name) {
      if (name === 'snapshot') snapshots += 1
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const { port } = await openAdmin(t, { interval: 200, viewers: 100 }, counting)
  const viewers = await Promise.all(Array.from({ length: 100 }, () => watch(port)))
  await assert.rejects(watch(port), /503/)
  const before = snapshots
  const seen = viewers[0]?.frames.length ?? 0
  await until('everybody saw five more frames', () => viewers.every(({ frames }) => frames.length >= seen + 5))
  const shown = viewers.reduce((sum, { frames }) => sum + frames.length - seen, 0)
  assert.ok((snapshots - before) * 50 <= shown, `${snapshots - before} snapshots for ${shown} frames`)
  for (const viewer of viewers) viewer.leave()
  await until('nobody looks, and so the mesh is not asked any more', async () => {
    const last = snapshots
    await sleep(700)
    return snapshots === last
  })
})

test('a viewer that takes nothing misses frames, and nothing piles up for it', async (t) => {
  const net = shopMesh(
    t,
    Array.from({ length: 1_500 }, (_, i) => `http://10.1.${i >> 8}.${i & 255}:80`),
  )
  const handler = adminHandler(net, { interval: 100 })
  const server = createServer((request, response) => handler(request, response)).listen(0, '127.0.0.1')
  t.after(() => {
    handler.close()
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const slow = connect(port, '127.0.0.1')
  slow.pause()
  slow.write('GET /api/stream HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
  const [toSlow] = (await once(server, 'connection')) as [Socket]
  const quick = await watch(port)
  await until('the quick one saw many frames', () => quick.frames.length >= 30, 60_000)
  const frame = JSON.stringify(quick.frames.at(-1)).length
  assert.ok(toSlow.writableLength > 0, 'the slow one took nothing')
  assert.ok(toSlow.writableLength < 3 * frame, `${toSlow.writableLength} bytes wait, a frame has ${frame}`)
  slow.destroy()
  quick.leave()
})

test('close() ends every stream and connection at once, and listens no more', async (t) => {
  const { admin, port } = await openAdmin(t)
  const viewers = await Promise.all(Array.from({ length: 10 }, () => watch(port)))
  const idle = connect(port, '127.0.0.1')
  await once(idle, 'connect')
  await within('it is closed', admin.close())
  await within('every stream is over', Promise.all(viewers.map(({ over }) => over)))
  await assert.rejects(ask(port, '/healthz'), /ECONNREFUSED/)
  assert.equal(admin.close(), admin.close())
})

test('a port that is taken, and options that make no sense, are refused before anything listens', async (t) => {
  const { net, port } = await openAdmin(t)
  await assert.rejects(openAdmin(t, { port }, net), /EADDRINUSE/)
  for (const host of ['0.0.0.0', '::', '192.0.2.7']) {
    await assert.rejects(openAdmin(t, { host }, net), (error) => ConfigError.is(error) && error.problems[0]?.path === 'admin.token')
  }
  const anywhere = await openAdmin(t, { host: '0.0.0.0', token }, net)
  assert.equal((await ask(anywhere.port, '/api/overview', { headers: bearer })).status, 200)
})

test('a handler below a path of a server of one’s own answers there, and leaves the rest', async (t) => {
  const handler = adminHandler(shopMesh(t), { path: '/ops/mesh/' })
  const server = createServer((request, response) => handler(request, response, () => response.end('own'))).listen(0, '127.0.0.1')
  t.after(() => {
    handler.close()
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const bare = await ask(port, '/ops/mesh')
  assert.deepEqual([bare.status, bare.headers.location], [308, '/ops/mesh/'])
  assert.match((await ask(port, '/ops/mesh/')).text, /page\.js/)
  assert.equal((await ask(port, '/ops/mesh/api/overview?x=1')).status, 200)
  assert.equal((await ask(port, '/ops/meshed')).text, 'own')
  handler.close()
  assert.equal((await ask(port, '/ops/mesh/api/overview')).status, 503)
})

test('a program that forgets to close its admin page ends all the same', async () => {
  const program = `
    import { fixed, mesh } from ${JSON.stringify(new URL('../../../src/index.ts', import.meta.url).href)}
    import { startAdmin } from ${JSON.stringify(new URL('../../../src/admin/index.ts', import.meta.url).href)}
    const net = mesh().service('orders', (s) => s.resolve(fixed(['http://127.0.0.1:1']))).build()
    const admin = await startAdmin(net, { port: 0 })
    console.log((await fetch(new URL('readyz', admin.url))).status)
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000 })
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number | null]>])
  assert.deepEqual([printed, code], ['200\n', 0])
})
