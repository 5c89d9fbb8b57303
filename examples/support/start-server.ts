import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on this machine, for an example to call. */
export interface ExampleServer {
  readonly url: string
  close(): Promise<void>
}

/** Starts a server that answers with its name and the path, or as `listener` says. */
export async function startServer(name: string, listener?: RequestListener): Promise<ExampleServer> {
  const server = createServer(
    listener ??
      ((request, response) => {
        request.resume()
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ name, path: request.url }))
      }),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
