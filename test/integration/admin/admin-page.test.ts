import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startAdmin } from '../../../src/admin/index.ts'
import { until } from '../../servers/server-kit.ts'
import { barriers, openPage, row } from './admin-browser.ts'
import { shopMesh } from './admin-kit.ts'

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
  assert.deepEqual(reached.slice(0, 6), ['BUTTON Skip to the content', 'A Services', 'A Calls', 'A Explain', 'A Events', 'A Plan'])
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
    for (const view of ['calls', 'explain', 'events', 'plan']) {
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
  await orders.getByRole('searchbox').fill('10.1.3.9')
  await orders.getByText('11 of 1,000 endpoints').waitFor()
  assert.equal(await orders.locator('tbody tr').count(), 11)
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
  await page.getByText('live', { exact: true }).waitFor()
})
