import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Servers on ports of 127.0.0.1, each of which answers with its number: who counts the answers knows who served how many. */
export class NumberedServers {
  readonly ports: readonly number[]
  /** How long each holds a call back before it answers, in milliseconds; not at all at first. */
  readonly holdMs: number[]
  readonly #servers: readonly Server[]

  private constructor(servers: readonly Server[], holdMs: number[]) {
    this.#servers = servers
    this.holdMs = holdMs
    this.ports = servers.map((server) => (server.address() as AddressInfo).port)
  }

  static async start(count: number): Promise<NumberedServers> {
    const holdMs = Array.from({ length: count }, () => 0)
    const servers = holdMs.map((_, number) =>
      createServer({ keepAlive: true, keepAliveTimeout: 60_000 }, (_request, response) => {
        const answer = () => response.end(String(number))
        const hold = holdMs[number] as number
        if (hold === 0) answer()
        else setTimeout(answer, hold)
      }),
    )
    await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))))
    return new NumberedServers(servers, holdMs)
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#servers.map((server) => {
        server.closeAllConnections()
        return new Promise((resolve) => server.close(resolve))
      }),
    )
  }
}
