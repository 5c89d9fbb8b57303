import { fixed, mesh } from 'proxyless'
import { attemptTimeoutMs, callTimeoutMs, type StartContender } from '../contender.ts'

/** Our mesh: its defaults, the limits that every contender has, and times that fit a run of some seconds. */
export const startProxyless: StartContender = async (fleet) => {
  const net = mesh({ name: 'chaos' })
    .service('orders', (s) =>
      s
        .resolve(fixed(fleet.urls))
        .http({ protocol: fleet.protocol === 'h2c' ? 'h2' : 'h1' })
        .deadline(callTimeoutMs)
        .retry({ attempts: 3, attemptTimeout: attemptTimeoutMs }),
    )
    .build()
  const addresses = new Map(fleet.urls.map((url, i) => [url, i]))
  return {
    call: async ({ id, method }) => {
      const response = await net.fetch('http://orders/', { method, headers: { 'x-call': id }, ...(method === 'POST' ? { body: id } : {}) })
      return { status: response.status, text: await response.text() }
    },
    attempts: () => {
      const counts = fleet.urls.map(() => 0)
      for (const { address, attempts } of net.snapshot().services.orders?.endpoints ?? [])
        counts[addresses.get(address) as number] = attempts
      return counts
    },
    inFlight: () => net.snapshot().services.orders?.calls.inFlight ?? 0,
    close: () => net.close(),
  }
}
