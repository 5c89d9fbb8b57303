import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Overview } from '../../../src/admin/index.ts'
import { until } from '../../servers/server-kit.ts'
import { barriers, openPage, shows } from './admin-browser.ts'
import { act, ask, openAdmin } from './admin-kit.ts'
import { callSome, trafficMesh } from './traffic-mesh.ts'

test('/metrics works with nothing said about it', async (t) => {
  const net = trafficMesh(t)
  const { port } = await openAdmin(t, {}, net)
  await callSome(net, '/v1/42', 4)
  const { status, headers, text } = await ask(port, '/metrics')
  assert.deepEqual([status, headers['content-type']], [200, 'text/plain; version=0.0.4; charset=utf-8'])
  const counted = Array.from(text.matchAll(/^proxyless_calls_total\{[^}]*proxyless_service="orders"[^}]*\} (\d+)$/gm), ([, value]) =>
    Number(value),
  )
  assert.equal(
    counted.reduce((sum, value) => sum + value, 0),
    4,
  )
})

test('records come with their waterfall as text', async (t) => {
  const net = trafficMesh(t)
  const { port } = await openAdmin(t, {}, net)
  await callSome(net, '/v1/42', 6)
  const records = JSON.parse((await ask(port, '/api/recent')).text) as { text: string; path: string }[]
  assert.ok(records.length > 0)
  for (const { text } of records) assert.match(text, /^(orders|shadow): GET \/v1\/42 -> [\s\S]*\n {2} 1 \|[-= ]+\|/)
})

test('what would become of a call is told without making it', async (t) => {
  const net = trafficMesh(t)
  const { port } = await openAdmin(t, {}, net)
  const explain = (query: Record<string, string>, method = 'GET') =>
    ask(port, `/api/explain?${new URLSearchParams(query)}`, { method, headers: {} })
  const { status, text } = await explain({ url: 'http://orders/reports/7', method: 'post' })
  const told = JSON.parse(text) as { route: string; method: string; text: string }
  assert.deepEqual([status, told.route, told.method], [200, 'reports', 'POST'])
  assert.match(
    told.text,
    /^POST \/reports\/7 to orders: waits, rate limit: 0 permits left, 0 calls wait, 0 of them leased from a quota[^\n]*\n {2}route reports,/,
  )
  assert.equal(net.snapshot().services.orders?.calls.started, 0)
  assert.equal((await explain({ url: 'http://orders/' }, 'POST')).status, 405)
  for (const [query, problem] of [
    [{}, /url: expected one such as http:\/\/orders\/v1\/42, got nothing/],
    [{ url: 'file:///etc/passwd' }, /url: expected one such as/],
    [{ url: 'http://orders:99999/' }, /url: expected one such as/],
    [{ url: 'http://orders/', method: 'CONNECT' }, /method: expected one of GET, .*, got \\"CONNECT\\"/],
    [{ url: 'http://me:secret@orders/' }, /credentials/],
  ] as const) {
    const refused = await explain(query as Record<string, string>)
    assert.equal(refused.status, 400, refused.text)
    assert.match(refused.text, problem)
  }
})

test('splits are aborted and resumed, and faults switched, by actions that say why when they cannot be', async (t) => {
  const net = trafficMesh(t)
  const { port } = await openAdmin(t, {}, net)
  const split = () => net.snapshot().services.orders?.split?.state
  assert.equal((await act(port, { action: 'abort-split', service: 'orders' })).status, 200)
  assert.equal(split(), 'aborted')
  assert.equal((await act(port, { action: 'resume-split', service: 'orders' })).status, 200)
  assert.equal(split(), 'ramping')
  assert.equal((await act(port, { action: 'fault', service: 'orders', on: true })).status, 200)
  await callSome(net, '/', 3)
  assert.equal((await act(port, { action: 'fault', service: 'orders', on: false })).status, 200)
  assert.ok((net.snapshot().services.orders?.fault?.aborted ?? 0) >= 3)
  for (const [action, problem] of [
    [{ action: 'abort-split', service: 'shadow' }, /expected a service with .split\(...\), got shadow, which has none/],
    [{ action: 'fault', service: 'shadow', on: false }, /\\"shadow\\" has no faults to switch/],
    [{ action: 'fault', service: 'orders' }, /on: expected true or false/],
  ] as const) {
    const refused = await act(port, action)
    assert.deepEqual([refused.status, problem.test(refused.text)], [400, true], refused.text)
  }
  const { events } = JSON.parse((await ask(port, '/api/overview')).text) as Overview
  const texts = events.map(({ text }) => text)
  for (const text of ['faults are switched on', 'split aborted, everything to v1: by-hand', 'split goes on: v2 50 %, v1 50 %'])
    assert.ok(texts.includes(text), `${text} among ${texts.join(' | ')}`)
})

test('the page shows versions, routes, limits, copies and the quota of a service, and acts upon them', async (t) => {
  let reachable = true
  const net = trafficMesh(t, async (_terms, wanted) => {
    if (!reachable) throw new Error('connection refused')
    return { granted: wanted, processes: 3, againMs: 50 }
  })
  const opened = await openPage(t, {}, net)
  if (opened === undefined) return
  const { page } = opened
  const part = (title: string) => page.getByRole('region', { name: `${title} of orders` })
  await part('Split').getByText('ramp at 0 %').waitFor()
  await callSome(net, '/v1/42', 10)
  await callSome(net, '/reports/7', 3)
  await part('Mirror').getByText('13 copied, 13 answered, 0 failed, 0 under way').waitFor()
  await part('Quota')
    .getByText(/of \d+ leased, 3 processes/)
    .waitFor()
  await shows(part('Split'), /v1 50 %\s*\d+ calls[^\n]*, stable.*v2 50 %\s*\d+ calls/s)
  const reports = part('Routes').getByRole('row', { name: /^reports/ })
  await shows(reports.locator('td').nth(1), /^3$/)
  await shows(reports, /closed\s+concurrency: 0 of 2, 0 wait/)
  await shows(page.getByRole('region', { name: 'orders', exact: true }), /concurrency\s+0 of 8, 0 wait/)

  await part('Split').getByRole('button', { name: 'Abort split' }).press('Enter')
  await page.getByText('The split of orders is aborted: all calls go to v1.').waitFor()
  await part('Split').getByText('aborted: all to v1').waitFor()
  assert.equal(net.snapshot().services.orders?.split?.versions.v1?.share, 1)
  assert.deepEqual(await barriers(page), [])
  await part('Split').getByRole('button', { name: 'Resume split' }).press('Enter')
  await until('it goes on', () => net.service('orders').split.state === 'ramping')

  await part('Faults').getByRole('button', { name: 'Switch faults on' }).press('Enter')
  await page.getByText('The faults of orders are switched on.').waitFor()
  await callSome(net, '/v1/42', 2)
  await part('Faults')
    .getByText(/\d aborted/)
    .waitFor()
  assert.deepEqual(await barriers(page), [])
  await part('Faults').getByRole('button', { name: 'Switch faults off' }).press('Enter')
  await until('they are off', () => !net.service('orders').fault.enabled)
  await page.getByRole('button', { name: 'Switch faults on' }).waitFor()
  assert.equal(await page.getByRole('button', { name: /Switch faults/ }).count(), 1, 'a service without faults has no switch')

  reachable = false
  await until('permits run out', async () => {
    await callSome(net, '/v1/42', 5)
    return net.snapshot().services.orders?.rateLimit?.quota?.outage === true
  })
  await part('Quota').getByText('out of reach').waitFor()
  await page.emulateMedia({ colorScheme: 'dark' })
  assert.deepEqual(await barriers(page), [])
  await page.setViewportSize({ width: 400, height: 900 })
  assert.deepEqual(await barriers(page), [])
})

test('a call that was repeated is opened to its waterfall, with the keyboard', async (t) => {
  const net = trafficMesh(t)
  const opened = await openPage(t, {}, net)
  if (opened === undefined) return
  const { page } = opened
  net.service('orders').fault.enable()
  await callSome(net, '/v1/42?token=secret', 1)
  await page.getByRole('link', { name: 'Calls' }).click()
  const call = page.getByRole('listitem').filter({ hasText: '2 attempts' }).filter({ hasText: '/v1/42' })
  await call.waitFor()
  assert.equal(await call.locator('pre').isVisible(), false)
  await call.locator('summary').focus()
  await page.keyboard.press('Enter')
  await call.locator('pre').waitFor()
  const text = await call.locator('pre').innerText()
  assert.match(text, /^orders: GET \/v1\/42.* -> failed/)
  assert.match(text, /\n {2} 1 \|[-= ]+\|[\s\S]*again after a back-off of[\s\S]*\n {2} 2 \|/)
  assert.ok(!text.includes('secret'))
  // What is read is not torn away by the next look, which shows what was called since.
  await callSome(net, '/v1/43', 1)
  await page.getByRole('listitem').filter({ hasText: '/v1/43' }).first().waitFor()
  assert.equal(await call.locator('pre').isVisible(), true)
  assert.deepEqual(await barriers(page), [])
})

test('the explain box says what would become of a call, and what is wrong with a question', async (t) => {
  const net = trafficMesh(t)
  const opened = await openPage(t, {}, net)
  if (opened === undefined) return
  const { page } = opened
  await page.getByRole('link', { name: 'Explain' }).click()
  await page.getByLabel('Path').fill('/reports/7')
  await page.getByLabel('Method').selectOption('POST')
  await page.getByLabel('Path').press('Enter')
  const told = page.locator('pre')
  await told.waitFor()
  assert.match(
    await told.innerText(),
    /^POST \/reports\/7 to orders: waits, rate limit: 0 permits left, 0 calls wait, 0 of them leased from a quota[^\n]*\n {2}route reports,/,
  )
  assert.deepEqual(await barriers(page), [])
  await page.getByLabel('Service').selectOption('shadow')
  await page.getByRole('button', { name: 'Explain' }).click()
  await page.getByText('POST /reports/7 to shadow: sent').waitFor()
  assert.equal(net.snapshot().services.orders?.calls.started, 0)
})
