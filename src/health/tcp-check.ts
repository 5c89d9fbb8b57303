import type { Cancellation } from '../call/cancellation.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Host } from '../runtime/host.ts'
import { Connector } from '../transport/connector.ts'
import type { HttpSettings } from '../transport/http-settings.ts'
import type { CheckResult, HealthCheck } from './health-check.ts'

/**
 * Asks whether a connection can be made, TLS included, and closes it again.
 *
 * @param settings how the service makes its connections.
 * @param host the service.
 */
export function tcpCheck(settings: HttpSettings, host: Host): HealthCheck {
  // The check's own time limit ends an attempt to connect, and nothing else does.
  const endless = { ...settings, connectTimeoutMs: Number.POSITIVE_INFINITY }
  return {
    run: (endpoint: Endpoint, cancellation: Cancellation) =>
      new Promise<CheckResult>((resolve) => {
        const connector = new Connector(endpoint, endless, host.service, host.clock)
        const connecting = connector.connect((error, socket) => {
          socket?.destroy()
          if (error === undefined) resolve({ state: 'healthy', reason: 'connected' })
          else resolve({ state: 'failing', reason: (error as NodeJS.ErrnoException).code ?? error.message })
        })
        cancellation.add({
          cancelled: (reason) => {
            connecting.abandon()
            resolve({ state: 'failing', reason: reason.code })
          },
        })
      }),
    retire: () => {},
    close: () => {},
  }
}
