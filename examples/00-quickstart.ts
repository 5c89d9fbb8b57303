// What you learn: a whole mesh at work. Two services on eight real servers, discovered from a file; while traffic runs, one server is killed,
// one becomes twenty times slower, one answers 500 faster than any other answers, and a new one comes. No call is lost. `npm start` runs it.
import { file, mesh } from 'proxyless'
import { startAdmin } from 'proxyless/admin'
import { startTracing } from 'proxyless/tracing'
import { LiveTable } from './quickstart/live-table.ts'
import { startShop } from './quickstart/shop.ts'
import { Traffic } from './quickstart/traffic.ts'
import { SpanCollection, waterfall } from './quickstart/waterfall.ts'

const shop = await startShop({ orders: 6, users: 2 })

const net = mesh({ name: 'quickstart' })
  .defaults((s) => s.deadline('2s').retry({ attempts: 3, attemptTimeout: '500ms', on: ['5xx'] }))
  .service('orders', (s) => s.resolve(file(shop.registry)))
  .service('users', (s) => s.resolve(file(shop.registry)))
  .build()

// Its page shows all of this in a browser, and lets you drain, eject and force circuits while it runs.
const admin = await startAdmin(net).catch(() => startAdmin(net, { port: 0 }))
console.log(`watch it at ${admin.url}, or in another terminal: npm run top -- ${admin.url}\n`)

const traffic = new Traffic(net)
const table = new LiveTable(net, traffic, process.stdout)
traffic.start(16)
table.start()

await shop.pause(3_000)
const [killed, slow, broken] = [shop.url('orders', 0), shop.url('orders', 1), shop.url('orders', 2)]
shop.kill(killed)
table.note(`${killed} is killed, with whatever it was working on`)
await shop.pause(2_000)
shop.slowDown(slow, 20)
table.note(`${slow} becomes twenty times slower`)
await shop.pause(2_000)
shop.breakDown(broken)
table.note(`${broken} answers 500, at once`)
await shop.pause(2_000)
for (const url of [killed, broken]) await shop.takeAway('orders', url)
table.note(`${killed} and ${broken} are taken out of the registry`)
const joining = await shop.bringIn('orders')
table.note(`${joining} starts, and is written into the registry`)
await shop.pause(2_000)

await traffic.stop()
table.stop()
const lost = table.summary()

// One more server breaks, and calls are traced until one of them had to be repeated: other traces are not kept.
const kept = new SpanCollection()
const tracing = startTracing({ service: 'quickstart', exporter: kept, sample: 0, keep: { slow: Number.POSITIVE_INFINITY } })
shop.breakDown(joining)
for (let call = 0; call < 200 && tracing.counts().traces.kept === 0; call += 1) await (await net.fetch('http://orders/v1/orders/42')).text()
await tracing.stop()
console.log(`\none call that was repeated, as Jaeger or Zipkin would show it:\n${waterfall(kept.spans)}`)

await admin.close()
await net.close()
await shop.close()
process.exitCode = lost === 0 ? 0 : 1
