// Takes the pictures of the admin page for the documentation: docs/admin/light.png and dark.png, of a small shop in some trouble.
// `node scripts/admin-pictures.ts`, where CHROMIUM names the program (/usr/bin/chromium by default).
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium } from 'playwright-core'
import { startAdmin } from '../src/admin/index.ts'
import { fixed, mesh } from '../src/index.ts'

const folder = join(import.meta.dirname, '..', 'docs', 'admin')
const servers: Server[] = []

async function serve(host: string, ms: number, status = 200): Promise<string> {
  const listener: RequestListener = (request, response) => {
    request.resume()
    setTimeout(() => response.writeHead(status).end('{}'), ms * (0.6 + 0.8 * Math.random()))
  }
  const server = createServer(listener).listen(0, host)
  await once(server, 'listening')
  servers.push(server)
  return `http://${host}:${(server.address() as AddressInfo).port}`
}

const [one, two, three, four] = [
  await serve('127.0.0.2', 8),
  await serve('127.0.0.3', 9),
  await serve('127.0.0.4', 10),
  await serve('127.0.0.5', 2, 500),
]
const next = await serve('127.0.0.6', 7)
const users = [await serve('127.0.0.7', 5), await serve('127.0.0.8', 6)]

const net = mesh({ name: 'checkout' })
  .service('orders', (s) =>
    s
      .resolve(
        fixed([
          ...[one, two, three, four].map((url, i) => ({ url, zone: i < 2 ? 'a' : 'b', labels: { version: 'v1' } })),
          { url: next, zone: 'a', labels: { version: 'v2' } },
        ]),
      )
      .retry({ attempts: 3, on: ['5xx'] })
      .subset('version', ['v1', 'v2'])
      .split({
        by: 'version',
        weights: { v1: 90, v2: 10 },
        ramp: {
          to: { v2: 100 },
          steps: [
            { after: '5s', share: 0.25 },
            { after: '10m', share: 1 },
          ],
        },
      })
      .concurrency({ limit: 64 })
      .fault({ enabled: false, delay: { share: 0.02, time: '80ms' } })
      .route({ name: 'reports', match: { path: { prefix: '/reports' } }, deadline: '1m', concurrency: { limit: 4 } })
      .route({ name: 'pay', match: { path: { pattern: '/orders/:id/payment' }, method: 'POST' }, retry: false, circuitBreaker: {} }),
  )
  .service('users', (s) => s.resolve(fixed(users)).rateLimit({ permits: 500 }))
  .build()
const admin = await startAdmin(net, { port: 0, interval: 500 })

let running = true
const call = async (url: string, init: RequestInit, everyMs: number): Promise<void> => {
  while (running) {
    await net.fetch(url, init).then(
      (reply) => reply.text(),
      () => {},
    )
    await sleep(everyMs)
  }
}
const calling = [
  ...Array.from({ length: 6 }, () => call('http://orders/orders/42', {}, 30)),
  call('http://orders/reports/week', {}, 200),
  call('http://orders/orders/42/payment', { method: 'POST' }, 150),
  ...Array.from({ length: 2 }, () => call('http://users/7', {}, 40)),
]
net.service('orders').fault.enable()
await sleep(9_000)
net.service('orders').drain(three as string)
await sleep(6_000)

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
for (const colorScheme of ['light', 'dark'] as const) {
  const page = await browser.newPage({ viewport: { width: 1180, height: 1020 }, colorScheme })
  await page.goto(admin.url)
  await page.getByRole('heading', { name: 'users' }).waitFor()
  await sleep(4_000)
  await page.screenshot({ path: join(folder, `${colorScheme}.png`) })
  if (colorScheme === 'light') {
    await page.getByRole('link', { name: 'Calls' }).click()
    const first = page
      .getByRole('listitem')
      .filter({ hasText: /[23] attempts/ })
      .first()
    await first.locator('summary').click()
    await page.setViewportSize({ width: 1180, height: 560 })
    await first.scrollIntoViewIfNeeded()
    await page.screenshot({ path: join(folder, 'call.png') })
  }
}
await browser.close()
running = false
await Promise.all(calling)
await admin.close()
await net.close({ grace: 0 })
for (const server of servers) server.close()
