// What you learn: a whole mesh at work. Two services on five real servers, discovered from a file that changes while traffic runs;
// one server goes, another comes, and no call is lost. `npm start` runs it.
import { file, inFlight, mesh, powerOfTwo, roundRobin } from 'proxyless'
import { LiveTable } from './quickstart/live-table.ts'
import { startShop } from './quickstart/shop.ts'
import { Traffic } from './quickstart/traffic.ts'

const shop = await startShop({ orders: 3, users: 2 })

const net = mesh({ name: 'quickstart' })
  .defaults((s) => s.deadline('2s').retry({ attempts: 3, attemptTimeout: '500ms' }))
  .service('orders', (s) => s.resolve(file(shop.registry)).balance(powerOfTwo(inFlight())))
  .service('users', (s) => s.resolve(file(shop.registry)).balance(roundRobin()))
  .build()

const traffic = new Traffic(net)
const table = new LiveTable(net, traffic, process.stdout)
traffic.start(16)
table.start()

await shop.pause(4_000)
const leaving = await shop.takeAway('orders')
table.note(`${leaving} is taken out of the registry, and stops half a second later`)
await shop.pause(2_000)
const joining = await shop.bringIn('orders')
table.note(`${joining} starts, and is written into the registry`)
await shop.pause(4_000)

await traffic.stop()
table.stop()
const lost = table.summary()
await net.close()
await shop.close()
process.exitCode = lost === 0 ? 0 : 1
