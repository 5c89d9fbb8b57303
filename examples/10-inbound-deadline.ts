// What you learn: a deadline travels with the calls it is behind, from server to server, and a call that nobody waits for is not sent.
import { fixed, inbound, inboundRequest, MeshError, mesh } from 'proxyless'
import { startServer } from './support/start-server.ts'

// The second server is slow, and knows how long it may be.
const stock = await startServer('stock', (request, response) => {
  const leftMs = Number(request.headers['x-proxyless-deadline-ms'])
  console.log(`stock was told a deadline of at most a second: ${leftMs > 0 && leftMs <= 1_000}`) // prints: stock was told a deadline of at most a second: true
  request.on('close', () => response.destroy())
})

const shopMesh = mesh({ name: 'shop' })
  .service('stock', (s) => s.resolve(fixed([stock.url])).deadline('10s'))
  .build()

async function codeOf(call: Promise<Response>): Promise<string> {
  try {
    return String((await call).status)
  } catch (error) {
    return MeshError.from(error)?.code ?? String(error)
  }
}

// The first server calls the second in the service of each request: inbound() captures what the request says.
const shop = await startServer(
  'shop',
  inbound(async (_request, response) => {
    const first = await codeOf(shopMesh.fetch('http://stock/v1/42'))
    const left = Math.ceil(inboundRequest()?.leftMs ?? Number.POSITIVE_INFINITY)
    const second = await codeOf(shopMesh.fetch('http://stock/v1/43'))
    response.end(`first ${first}, then ${left} ms left, second ${second}`)
  }),
)

// The caller waits for a second, and says so. Its own deadline is ten, so that it sees the answer of the shop.
await using net = mesh({ name: 'client' })
  .service('shop', (s) => s.resolve(fixed([shop.url])).deadline('10s'))
  .build()
const response = await net.fetch('http://shop/', { headers: { 'x-proxyless-deadline-ms': '1000' } })
console.log(await response.text()) // prints: first DEADLINE_EXCEEDED, then 0 ms left, second DEADLINE_EXCEEDED
console.log('attempts at stock:', shopMesh.snapshot().services.stock?.endpoints[0]?.attempts) // prints: attempts at stock: 1

await shopMesh.close()
await Promise.all([shop.close(), stock.close()])
