import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { handlerOf } from './admin-handler.ts'
import type { AdminMesh } from './admin-mesh.ts'
import { type AdminOptions, adminSettings } from './admin-options.ts'

/** A server of the admin page; made by {@link startAdmin}. */
export interface AdminServer {
  /** Where the page is, such as `http://127.0.0.1:9901/`. */
  readonly url: string
  /**
   * Ends every stream and every connection at once, and listens no more.
   *
   * @returns the same promise every time; it never rejects.
   */
  close(): Promise<void>
}

/** Most connections at the same time: those of viewers, and some. */
const connectionsBesideViewers = 64

/**
 * Serves the admin page of a mesh: what its services, endpoints, circuits and budgets do, live, and buttons to act upon them; health and
 * readiness at `/healthz` and `/readyz`.
 *
 * It listens on this machine alone unless told otherwise, and then it needs a token. It does not keep the process alive.
 *
 * @param net the mesh.
 * @param options see {@link AdminOptions}.
 * @returns once it listens. Rejects with a ConfigError with every problem of the options, and with the error of the system when the port
 * cannot be had.
 * @example
 * ```ts
 * import { fixed, mesh } from 'proxyless'
 * import { startAdmin } from 'proxyless/admin'
 *
 * const net = mesh().service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080']))).build()
 * const admin = await startAdmin(net)
 * console.log(`the mesh can be watched at ${admin.url}`)
 * process.once('SIGTERM', () => Promise.all([net.close(), admin.close()]))
 * ```
 */
export async function startAdmin(net: AdminMesh, options?: AdminOptions): Promise<AdminServer> {
  const settings = adminSettings(options, true)
  const handler = handlerOf(net, settings)
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 15_000, keepAliveTimeout: 5_000 }, (request, response) =>
    handler(request, response),
  )
  server.maxConnections = settings.viewers + connectionsBesideViewers
  // Whoever looks at a program must not keep it from ending.
  server.on('connection', (socket) => socket.unref())
  try {
    server.listen(settings.port, settings.host)
    await once(server, 'listening')
  } catch (error) {
    handler.close()
    throw error
  }
  server.unref()
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= new Promise((resolve) => {
      handler.close()
      server.close(() => resolve())
      server.closeAllConnections()
    })
    return closing
  }
  return Object.freeze({ url: `${urlOf(server)}${settings.base}/`, close })
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
