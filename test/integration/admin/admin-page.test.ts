import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type AdminOptions, type AdminServer, startAdmin } from '../../../src/admin/index.ts'
import type { Mesh } from '../../../src/index.ts'
import { startChromium } from '../../servers/chromium.ts'
import { need, until } from '../../servers/server-kit.ts'
import { openAdmin, shopMesh } from './admin-kit.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

interface OpenPage {
  readonly page: Page
  readonly net: Mesh
  readonly admin: AdminServer
  readonly port: number
}

/** A page in a real browser that complains about nothing, or the test fails. */
async function openPage(t: TestContext, options?: AdminOptions, net: Mesh = shopMesh(t)): Promise<OpenPage | undefined> {
  const program = need('chromium', t)
  if (program === undefined) return undefined
  const { admin, port } = await openAdmin(t, { interval: 100, ...options }, net)
  const browser = await startChromium(program)
  t.after(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  const complaints: string[] = []
  const asked = new Set<string>()
  page.on('console', (message) => {
    // That a request was answered with 401, or not at all, is told of in the page.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => asked.add(new URL(request.url()).origin))
  t.after(() => {
    assert.deepEqual(complaints, [])
    assert.deepEqual(
      [...asked].filter((origin) => origin !== new URL(admin.url).origin && origin !== 'null'),
      [],
    )
  })
  await page.goto(admin.url)
  return { page, net, admin, port }
}

/** What axe finds wrong with the page as it is. */
async function barriers(page: Page): Promise<string[]> {
  // By the debugger, as the page's own rules let no other script in.
  await page.evaluate(await readFile(axe, 'utf8'))
  const found = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as {
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[]
  }
  return found.violations.map(
    ({ id, impact, nodes }) => `${impact} ${id}: ${nodes.length} x ${nodes[0]?.html.slice(0, 160)} ${nodes[0]?.failureSummary}`,
  )
}

const row = (page: Page, address: string) => page.locator('tr', { has: page.getByRole('rowheader', { name: address }) })

test('the page shows services and endpoints, live', async (t) => {
  const opened = await openPage(t)
  if (opened === undefined) return
  const { page, net } = opened
  await page.getByRole('heading', { name: 'orders' }).waitFor()
  assert.equal(await page.title(), 'shop – proxyless')
  assert.equal(await page.getByRole('row').count(), 3 + 1 + 2)
  const attempts = () => row(page, 'http://10.0.0.2:80').locator('td').nth(3).innerText()
  const calling = setInterval(
    () =>
      void net.fetch('http://orders/').then(
        (reply) => reply.text(),
        () => {},
      ),
    5,
  )
  t.after(() => clearInterval(calling))
  await until('failures are shown', async () => Number.parseInt(await attempts(), 10) > 0)
  await until('a circuit that opened is shown with its reason', async () =>
    (await row(page, 'http://10.0.0.2:80').innerText()).includes('circuit open: consecutive-failures'),
  )
  await until('the event is told', async () => {
    await page.getByRole('link', { name: 'Events' }).click()
    return (await page.getByRole('list').innerText()).includes('circuit of http://10.0.0.2:80 opened')
  })
  await page.getByRole('link', { name: 'Plan' }).click()
  await until('the plan is shown', async () => (await page.locator('pre').innerText()).includes('"round-robin"'))
})

test('buttons drain, eject, readmit and force circuits, with the keyboard alone', async (t) => {
  const opened = await openPage(t)
  if (opened === undefined) return
  const { page, net } = opened
  const first = () => net.snapshot().services.orders?.endpoints[0]
  const press = async (name: string): Promise<void> => {
    const button = page.getByRole('button', { name, exact: true })
    await button.waitFor()
    await button.focus()
    await page.keyboard.press('Enter')
  }
  await press('Drain http://10.0.0.1:80')
  await until('it drains', () => first()?.findings.drained === 'unhealthy')
  await page.getByText('http://10.0.0.1:80 drains.').waitFor()
  await press('Readmit http://10.0.0.1:80')
  await until('it is back', () => first()?.health === 'healthy')
  await press('Eject http://10.0.0.1:80')
  await until('it is ejected', () => first()?.ejection?.rule === 'by-hand')
  await press('Readmit http://10.0.0.1:80')
  await press('Open circuit http://10.0.0.1:80')
  await until('its circuit is open', () => first()?.circuit?.forced === 'open')
  await press('Release circuit http://10.0.0.1:80')
  await until('it goes its own way', () => first()?.circuit?.forced === undefined)
  page.once('dialog', (dialog) => void dialog.dismiss())
  await press('Force circuit open of orders')
  assert.equal(net.snapshot().services.orders?.circuit?.forced, undefined, 'whoever says no has done nothing')
  page.once('dialog', (dialog) => void dialog.accept())
  await press('Force circuit open of orders')
  await until('the circuit of the service is open', () => net.snapshot().services.orders?.circuit?.forced === 'open')
  await press('Release circuit of orders')
  await until('and free again', () => net.snapshot().services.orders?.circuit?.forced === undefined)
})

test('tab reaches everything in order, and what has the focus is seen', async (t) => {
  const opened = await openPage(t)
  if (opened === undefined) return
  const { page } = opened
  await page.getByRole('heading', { name: 'users' }).waitFor()
  const reached: string[] = []
  for (let i = 0; i < 60; i += 1) {
    await page.keyboard.press('Tab')
    const focused = (await page.evaluate(`(() => {
      const { activeElement } = document
      const { outlineStyle, outlineWidth } = getComputedStyle(activeElement)
      return [activeElement.tagName + ' ' + (activeElement.textContent || activeElement.placeholder || '').trim(), outlineStyle !== 'none' && outlineWidth !== '0px']
    })()`)) as [string, boolean]
    if (focused[0].startsWith('BODY')) break
    assert.ok(focused[1], `${focused[0]} shows no focus`)
    reached.push(focused[0])
  }
  assert.deepEqual(reached.slice(0, 5), ['BUTTON Skip to the content', 'A Services', 'A Calls', 'A Events', 'A Plan'])
  for (const expected of ['INPUT address, zone, label, state', 'BUTTON p99', 'BUTTON Drain http://10.0.1.1:80'])
    assert.ok(reached.includes(expected), `${expected} in ${reached.join(', ')}`)
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds no barrier in the ${colorScheme} page, whatever its state`, async (t) => {
    const opened = await openPage(t, {}, shopMesh(t))
    if (opened === undefined) return
    const { page, net, admin } = opened
    await page.emulateMedia({ colorScheme })
    net.service('orders').drain('http://10.0.0.1:80')
    net.service('orders').circuit.force('open', 'http://10.0.0.2:80')
    net.service('orders').eject('http://10.0.0.3:80')
    await row(page, 'http://10.0.0.3:80').getByText('ejected', { exact: true }).waitFor()
    for (const width of [1280, 400]) {
      await page.setViewportSize({ width, height: 900 })
      assert.deepEqual(await barriers(page), [], `services, ${width} wide`)
    }
    for (const view of ['calls', 'events', 'plan']) {
      await page.goto(`${admin.url}#${view}`)
      assert.deepEqual(await barriers(page), [], view)
    }
  })
}

test('a page that needs a token asks for it once, and keeps it out of every address', async (t) => {
  const token = 'a-token-of-sufficient-length'
  const opened = await openPage(t, { token })
  if (opened === undefined) return
  const { page } = opened
  const addresses: string[] = []
  page.on('request', (request) => addresses.push(request.url()))
  const field = page.getByLabel('Token, as the program was given it')
  await field.fill('not-the-right-token')
  await page.keyboard.press('Enter')
  await page.getByText('the token is wrong').waitFor()
  assert.deepEqual(await barriers(page), [])
  await field.fill(token)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'orders' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'orders' }).waitFor()
  await page.getByRole('button', { name: 'Drain http://10.0.0.1:80' }).click()
  await page.getByText('http://10.0.0.1:80 drains.').waitFor()
  assert.deepEqual(
    addresses.filter((url) => url.includes('token')),
    [],
  )
})

test('a thousand endpoints stay usable: pages, a filter, and an order', async (t) => {
  const urls = Array.from({ length: 1_000 }, (_, i) => `http://10.1.${i >> 8}.${i & 255}:80`)
  const opened = await openPage(t, { interval: 1_000 }, shopMesh(t, urls))
  if (opened === undefined) return
  const { page, net } = opened
  const orders = page.getByRole('region', { name: 'orders', exact: true })
  await orders.getByText('1,000 endpoints').waitFor()
  assert.equal(await orders.locator('tbody tr').count(), 50)
  await orders.getByRole('button', { name: 'Next' }).click()
  await orders.getByText('page 2 of 20').waitFor()
  net.service('orders').eject('http://10.1.3.200:80')
  await orders.getByRole('button', { name: 'state' }).click()
  await orders.getByRole('button', { name: 'Previous' }).click()
  await until('the one in trouble comes first', async () => (await orders.locator('tbody tr').first().innerText()).includes('10.1.3.200'))
  await orders.getByLabel('only those in trouble').check()
  await orders.getByText('1 of 1,000 endpoints').waitFor()
  await orders.getByLabel('only those in trouble').uncheck()
  const began = performance.now()
  await orders.getByRole('searchbox').fill('10.1.3.9')
  await orders.getByText('11 of 1,000 endpoints').waitFor()
  assert.ok(performance.now() - began < 2_000)
})

test('a page whose program ends says so, and goes on when it is back', async (t) => {
  const net = shopMesh(t)
  const opened = await openPage(t, {}, net)
  if (opened === undefined) return
  const { page, port } = opened
  await page.getByText('live', { exact: true }).waitFor()
  // The port is the page's: another server has to take it over, as a program that was started anew would.
  await opened.admin.close()
  await page.getByText(/not connected/).waitFor()
  const again = await startAdmin(net, { port, interval: 100 })
  t.after(() => again.close())
  await page.getByText('live', { exact: true }).waitFor({ timeout: 15_000 })
})

test('calls that failed are listed with their record, and faults are switched, where the mesh has such', async (t) => {
  const record = {
    service: 'orders',
    method: 'GET',
    path: '/v1/42',
    startedAt: 1,
    result: 'failed',
    error: { code: 'NO_ENDPOINT' },
    attempts: [{}, {}],
  }
  const switched: string[] = []
  const fault = { enable: () => switched.push('on'), disable: () => switched.push('off') }
  const net = new Proxy(shopMesh(t), {
    get(target, name) {
      if (name === 'recent') return () => [{ ...record, time: { totalMs: 34 } }]
      if (name === 'service') return (service: string) => ({ ...target.service(service), ...(service === 'orders' && { fault }) })
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const opened = await openPage(t, {}, net)
  if (opened === undefined) return
  const { page } = opened
  await page.getByRole('button', { name: 'Faults on for orders' }).click()
  await page.getByText('The faults of orders are switched on.').waitFor()
  await page.getByRole('button', { name: 'Faults off for orders' }).click()
  await until('both were switched', () => switched.join() === 'on,off')
  assert.equal(await page.getByRole('button', { name: /Faults on/ }).count(), 1)
  await page.getByRole('link', { name: 'Calls' }).click()
  const call = page.getByRole('listitem').first()
  await call.getByText('34 ms · 2 attempts').waitFor()
  assert.match(await call.innerText(), /NO_ENDPOINT.*orders.*GET \/v1\/42/s)
  assert.equal(await call.locator('pre').isVisible(), false)
  await page.keyboard.press('Tab')
  await call.locator('summary').focus()
  await page.keyboard.press('Enter')
  assert.match(await call.locator('pre').innerText(), /"path": "\/v1\/42"/)
  assert.deepEqual(await barriers(page), [])
})
