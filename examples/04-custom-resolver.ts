// What you learn: a source of endpoints is an async generator. It need not retry, cache or compare anything.
import { once } from 'node:events'
import { mesh, type ResolveFunction } from 'proxyless'
import { startServer } from './support/start-server.ts'

const [blue, green] = [await startServer('blue'), await startServer('green')]

// A registry with an HTTP API, as yours may have one.
let registered = [blue.url]
const registry = await startServer('registry', (_request, response) => response.end(JSON.stringify(registered)))

/** Asks the registry, and asks again every 50 ms. A failure is thrown: the mesh keeps the last good answer and tries again. */
const fromRegistry: ResolveFunction = async function* (service, { signal, pause }) {
  while (!signal.aborted) {
    const response = await fetch(`${registry.url}/${service}`, { signal })
    if (!response.ok) throw new Error(`the registry says ${response.status}`)
    yield (await response.json()) as string[]
    await pause(50)
  }
}

await using net = mesh({ name: 'custom-resolver' })
  .service('orders', (s) => s.resolve(fromRegistry))
  .build()

const changes: string[] = []
net.on('endpoints-changed', ({ added, removed }) => changes.push(`+${added.length} -${removed.length}`))

const answeredBy = async () => ((await (await net.fetch('http://orders/')).json()) as { name: string }).name
console.log(await answeredBy()) // prints: blue

registered = [green.url]
while ((await answeredBy()) !== 'green') await once(AbortSignal.timeout(10), 'abort')
console.log('moved to green', changes.join(', ')) // prints: moved to green +1 -0, +1 -1

// The registry dies. The last good answer stays.
await registry.close()
await once(AbortSignal.timeout(120), 'abort')
console.log(await answeredBy(), net.snapshot().services.orders?.state) // prints: green resolved
for (const server of [blue, green]) await server.close()
