import type { Attempt } from '../../call/attempt.ts'
import { failed, type Outcome } from '../../call/outcome.ts'
import type { ResolveFunction } from '../../discovery/resolver.ts'
import { MeshError } from '../../errors/mesh-error.ts'
import { printValue } from '../../errors/print-value.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Random } from '../../runtime/random.ts'
import type { Transport } from '../../transport/transport.ts'
import { modelProblem, type ServerModel } from './server-model.ts'
import { SimulatedServer } from './simulated-server.ts'
import type { SimulationTally } from './simulation-tally.ts'

/** The world beyond the wire: the servers, and who is told of them. */
export class SimulatedWorld {
  /** Virtual time; tasks on it are part of the simulation. */
  readonly clock: Clock
  /** Chance, for changes that leave something to it. */
  readonly random: Random
  readonly #servers: SimulatedServer[] = []
  readonly #byAddress = new Map<string, SimulatedServer>()
  readonly #listed = new Set<SimulatedServer>()
  readonly #wakers = new Set<() => void>()
  readonly #began: number
  #version = 0
  readonly #tally: SimulationTally

  /** @internal made by {@link simulate} */
  constructor(clock: Clock, random: Random, tally: SimulationTally) {
    this.clock = clock
    this.random = random
    this.#began = clock.now()
    this.#tally = tally
  }

  /** Milliseconds since the beginning. */
  get nowMs(): number {
    return this.clock.now() - this.#began
  }

  /** Every server that there ever was, in the order of their numbers. */
  get servers(): readonly SimulatedServer[] {
    return this.#servers
  }

  /**
   * A server by its name.
   *
   * @throws TypeError when there is none.
   */
  server(name: string): SimulatedServer {
    const found = this.#servers.find((server) => server.name === name)
    if (found !== undefined) return found
    throw new TypeError(`server: expected one of ${this.#servers.map((server) => server.name).join(', ')}, got ${printValue(name)}`)
  }

  /** The server that listens at the address of an endpoint, if there is one. */
  at(address: string): SimulatedServer | undefined {
    return this.#byAddress.get(address)
  }

  /**
   * Adds a server, and tells the resolvers.
   *
   * @throws TypeError when the model is wrong.
   */
  add(model: ServerModel): SimulatedServer {
    const number = this.#servers.length + 1
    const problem = modelProblem(model)
    if (problem !== undefined) throw new TypeError(`servers[${number - 1}].${problem}`)
    const name = model.name ?? `s${number}`
    if (this.#servers.some((server) => server.name === name)) throw new TypeError(`servers: the name ${printValue(name)} is there twice`)
    const address = `http://10.${number >> 16}.${(number >> 8) & 255}.${number & 255}:8080`
    const server: SimulatedServer = new SimulatedServer(model, name, address, {
      clock: this.clock,
      random: this.random.fork(`server ${number}`),
      onOver: (result) => this.#tally.attemptEnded(server, this.nowMs, result),
    })
    this.#servers.push(server)
    this.#byAddress.set(address, server)
    this.list(server)
    return server
  }

  /** Puts a server among those that the resolvers tell of; does nothing when it is. */
  list(server: SimulatedServer): void {
    this.#listed.add(server)
    this.#tell()
  }

  /** Takes a server away from those that the resolvers tell of; it goes on working. */
  unlist(server: SimulatedServer): void {
    this.#listed.delete(server)
    this.#tell()
  }

  /** @internal tells a mesh of the servers, and again on each change */
  readonly resolver: ResolveFunction = async function* (this: SimulatedWorld, _service: string, { signal }: { signal: AbortSignal }) {
    for (let told = -1; !signal.aborted; ) {
      // Something may have changed while the last answer was taken.
      if (told === this.#version) await this.#change(signal)
      told = this.#version
      yield [...this.#listed].map((server) => server.spec)
    }
  }.bind(this)

  /** @internal a transport for one client */
  transport(): Transport {
    return { name: 'simulated', send: (attempt) => this.#send(attempt), close: () => Promise.resolve() }
  }

  #send(attempt: Attempt): Promise<Outcome> {
    const { reason } = attempt.cancellation
    if (reason !== undefined) return Promise.resolve(failed(reason))
    const { endpoint, call } = attempt
    const server = this.#byAddress.get(endpoint.address)
    if (server === undefined) {
      const facts = { service: call.service, endpoint: endpoint.address, sent: false }
      return Promise.resolve(failed(new MeshError('CONNECT_FAILED', 'no server of the simulation listens there', facts)))
    }
    this.#tally.attemptBegan(server, this.nowMs)
    return server.serve(attempt)
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakers.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#wakers.add(wake)
      signal.addEventListener('abort', wake)
    })
  }

  #tell(): void {
    this.#version += 1
    for (const wake of [...this.#wakers]) wake()
  }
}
