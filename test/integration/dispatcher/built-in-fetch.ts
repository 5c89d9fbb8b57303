// The built-in fetch of whatever Node this runs on, given the mesh's dispatcher, and then with it as the global one. Prints JSON.
import { setGlobalDispatcher } from 'undici'
import { fixed, mesh } from '../../../src/index.ts'
import { type AnyFetch, cases, startServer } from './fetch-cases.ts'

const { server, url } = await startServer()
const net = mesh({ outbound: 'registered-only' })
  .service('orders', (s) => s.resolve(fixed([url])))
  .build()
const calls = () => net.snapshot().services.orders?.calls ?? { started: 0, inFlight: Number.NaN }

const failures: string[] = []
async function run(way: string, fetch: AnyFetch): Promise<void> {
  for (const [name, check] of Object.entries(cases)) {
    try {
      await check(fetch, globalThis)
    } catch (error) {
      const { stack, cause } = error as Error
      failures.push(`${way}: ${name}: ${stack} ${String(cause)}`)
    }
  }
}

await run('as an option', (input, init) => fetch(input, { ...init, dispatcher: net.dispatcher }))
const given = calls().started
setGlobalDispatcher(net.dispatcher)
await run('as the global one', fetch)
const global = calls().started - given

const { inFlight } = calls()
await net.close()
server.closeAllConnections()
server.close()
console.log(JSON.stringify({ version: process.version, undici: process.versions.undici, failures, given, global, inFlight }))
