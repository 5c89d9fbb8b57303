import { MeshError } from '../../errors/mesh-error.ts'
import type { Random } from '../../runtime/random.ts'
import { seededRandom } from '../../runtime/seeded-random.ts'
import { fakeClock } from '../fake-clock.ts'
import { SimulatedWorld } from './simulated-world.ts'
import type { SimulatedMesh, SimulationOptions } from './simulation-options.ts'
import { type SimulationResult, type SimulationWindow, summarise } from './simulation-result.ts'
import { SimulationTally } from './simulation-tally.ts'

/** {@link SimulationOptions}, checked, with times in milliseconds. */
export interface SimulationSettings extends Pick<SimulationOptions, 'mesh' | 'servers' | 'arrivals' | 'request'> {
  readonly changes: readonly { readonly atMs: number; readonly change: (world: SimulatedWorld) => void }[]
  readonly clients: number
  readonly seed: string | number
  readonly window: SimulationWindow
  readonly endingMs: number
}

/** How often it is looked at whether calls have ended, when no more arrive, in milliseconds. */
const lookMs = 50

/** What a call failed with. */
function nameOf(error: unknown): string {
  const cause = error instanceof Error && MeshError.is(error.cause) ? error.cause : error
  return MeshError.is(cause) ? cause.code : String(cause)
}

/** One run of a simulation. */
export class SimulationRun {
  readonly #settings: SimulationSettings
  readonly #clock = fakeClock({ origins: false, turns: 0 })
  readonly #random: Random
  readonly #choices: Random
  readonly #tally: SimulationTally
  readonly #world: SimulatedWorld
  readonly #meshes: SimulatedMesh[] = []
  #open = 0

  /** @param settings what is simulated. */
  constructor(settings: SimulationSettings) {
    this.#settings = settings
    this.#random = seededRandom(settings.seed)
    this.#choices = this.#random.fork('requests')
    this.#tally = new SimulationTally(settings.window)
    this.#world = new SimulatedWorld(this.#clock, this.#random.fork('world'), this.#tally)
    for (const model of settings.servers) this.#world.add(model)
  }

  /** Runs it. */
  async result(): Promise<SimulationResult> {
    const { window, endingMs, changes } = this.#settings
    try {
      this.#makeMeshes()
      await this.#clock.settle()
      for (const { atMs, change } of changes) this.#clock.schedule(atMs, () => change(this.#world))
      this.#scheduleCalls()
      await this.#clock.advance(window.durationMs)
      for (let waitedMs = 0; this.#open > 0 && waitedMs < endingMs; waitedMs += lookMs) await this.#clock.advance(lookMs)
      return summarise(this.#tally, this.#world.servers, window)
    } finally {
      await this.#clock.until(Promise.all(this.#meshes.map((net) => net.close())))
    }
  }

  #makeMeshes(): void {
    const { clients, mesh } = this.#settings
    for (let number = 0; number < clients; number += 1) {
      const random = this.#random.fork(`client ${number}`)
      const world = this.#world
      this.#meshes.push(mesh({ clock: this.#clock, random, transport: world.transport(), resolver: world.resolver, world, number }))
    }
  }

  #scheduleCalls(): void {
    const next = this.#settings.arrivals(this.#random.fork('arrivals'))
    const { durationMs } = this.#settings.window
    const schedule = (lastMs: number): void => {
      const atMs = next(lastMs)
      if (atMs === undefined || atMs >= durationMs) return
      this.#clock.schedule(atMs - this.#world.nowMs, () => {
        schedule(atMs)
        this.#call()
      })
    }
    schedule(0)
  }

  #call(): void {
    const { request, clients } = this.#settings
    const number = this.#tally.callBegan(this.#world.nowMs)
    const { url, init } = typeof request === 'string' ? { url: request, init: undefined } : request(this.#choices, number)
    const client = clients === 1 ? 0 : Math.floor(this.#choices.next() * clients)
    this.#open += 1
    const net = this.#meshes[client] as SimulatedMesh
    net.fetch(url, init).then(
      ({ status }) => this.#over(number, status < 500 ? '' : String(status)),
      (error: unknown) => this.#over(number, nameOf(error)),
    )
  }

  #over(number: number, result: string): void {
    this.#open -= 1
    this.#tally.callEnded(number, this.#world.nowMs, result)
  }
}
