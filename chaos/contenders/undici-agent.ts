import { BalancedPool, type Dispatcher, RetryAgent, request } from 'undici'
import { attemptTimeoutMs, callTimeoutMs, type StartContender } from '../contender.ts'

/** undici's own means: a BalancedPool over all servers, and a RetryAgent around it. */
export const startUndici: StartContender = async (fleet) => {
  const h2 = fleet.protocol === 'h2c' ? { allowH2: true, useH2c: true } : { allowH2: false }
  const pool = new BalancedPool([...fleet.urls], { ...h2, connections: 32, headersTimeout: attemptTimeoutMs, bodyTimeout: callTimeoutMs })
  const dispatcher = new RetryAgent(pool as unknown as Dispatcher, {
    maxRetries: 2,
    minTimeout: 25,
    maxTimeout: 250,
    methods: ['GET'],
    statusCodes: [429, 500, 502, 503, 504],
    errorCodes: ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT'],
  })
  const [origin] = fleet.urls as [string]
  return {
    call: async ({ id, method }) => {
      const { statusCode, body } = await request(origin, {
        dispatcher,
        method,
        headers: { 'x-call': id },
        ...(method === 'POST' ? { body: id } : {}),
        signal: AbortSignal.timeout(callTimeoutMs),
      })
      return { status: statusCode, text: await body.text() }
    },
    close: () => dispatcher.destroy().then(() => pool.destroy()),
  }
}
