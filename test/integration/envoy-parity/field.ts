import { Agent, request } from 'undici'
import { Envoy } from '../../servers/envoy.ts'
import { NumberedServers } from '../../servers/numbered-servers.ts'
import { envoyConfiguration } from './envoy-config.ts'
import { resolverOf, type Scenario } from './scenario.ts'

/** Which endpoint served each call, by its index in the scenario; calls are in the order in which they were begun. */
export interface Served {
  readonly envoy: readonly number[]
  readonly mesh: readonly number[]
}

type Carry = (call: number) => Promise<string>

/** One Envoy and the servers behind it. Meshes call the same servers, one scenario after the other. */
export class Field {
  readonly #scenarios: readonly Scenario[]
  readonly #servers: NumberedServers
  readonly #envoy: Envoy
  readonly #agent = new Agent({ connections: 64 })

  private constructor(scenarios: readonly Scenario[], servers: NumberedServers, envoy: Envoy) {
    this.#scenarios = scenarios
    this.#servers = servers
    this.#envoy = envoy
  }

  static async open(program: string, scenarios: readonly Scenario[]): Promise<Field> {
    const servers = await NumberedServers.start(Math.max(...scenarios.map(({ endpoints }) => endpoints.length)))
    try {
      const envoy = await Envoy.startWith(program, (port) => envoyConfiguration(port, scenarios, servers.ports))
      return new Field(scenarios, servers, envoy)
    } catch (error) {
      await servers.stop()
      throw error
    }
  }

  /** Makes the calls of a scenario through Envoy, and then through a mesh. */
  async run(scenario: Scenario): Promise<Served> {
    for (const [i, { holdMs = 0 }] of scenario.endpoints.entries()) this.#servers.holdMs[i] = holdMs
    return { envoy: await this.#throughEnvoy(scenario), mesh: await this.#throughMesh(scenario) }
  }

  async close(): Promise<void> {
    await this.#agent.close()
    await this.#envoy.stop()
    await this.#servers.stop()
  }

  #throughEnvoy(scenario: Scenario): Promise<number[]> {
    const host = `s${this.#scenarios.indexOf(scenario)}`
    return collect(scenario, async (call) => {
      const headers = { host, 'x-key': keyOf(call) }
      const { statusCode, body } = await request(this.#envoy.url, { dispatcher: this.#agent, headers })
      return answered(statusCode, await body.text())
    })
  }

  async #throughMesh(scenario: Scenario): Promise<number[]> {
    const net = scenario.mesh(resolverOf(scenario, this.#servers.ports))
    try {
      return await collect(scenario, async (call) => {
        const response = await net.fetch('http://orders/', { headers: { 'x-key': keyOf(call) } })
        return answered(response.status, await response.text())
      })
    } finally {
      await net.close()
    }
  }
}

/** The key of a call, for hashing: each call has one of its own, and the same one in every scenario. */
function keyOf(call: number): string {
  return `user-${call}`
}

function answered(status: number, text: string): string {
  if (status !== 200) throw new Error(`expected a server's number with 200, got ${status}: ${text}`)
  return text
}

async function collect({ calls, callers }: Scenario, carry: Carry): Promise<number[]> {
  const served = Array.from({ length: calls }, () => -1)
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < calls) {
      const call = next
      next += 1
      served[call] = Number(await carry(call))
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return served
}
