import type { MeshErrorCode } from '../../errors/mesh-error.ts'
import type { SimulatedServer } from './simulated-server.ts'
import type { SimulationWindow } from './simulation-result.ts'

/** What became of attempts at one server, by intervals. */
export interface ServerTally {
  /** Attempts begun in each interval. */
  readonly attempts: number[]
  /** Attempts that ended badly in each interval. */
  readonly failed: number[]
  /** The most that was in flight at once, warming up left out. */
  mostInFlight: number
}

/** The books of a simulation: every call, and attempts by server and interval. */
export class SimulationTally {
  /** When each call began, in milliseconds since the beginning. */
  readonly startedMs: number[] = []
  /** How long each call took; -1 for one that has not ended. */
  readonly latencyMs: number[] = []
  /** What each call ended with; empty for a good reply. */
  readonly results: string[] = []
  readonly #servers = new Map<SimulatedServer, ServerTally>()
  readonly #window: SimulationWindow

  /** @param window the time that is booked. */
  constructor(window: SimulationWindow) {
    this.#window = window
  }

  /** A call begins. @returns its number */
  callBegan(nowMs: number): number {
    this.latencyMs.push(-1)
    this.results.push('unfinished')
    return this.startedMs.push(nowMs) - 1
  }

  /** A call is over. */
  callEnded(number: number, nowMs: number, result: string): void {
    this.latencyMs[number] = nowMs - (this.startedMs[number] as number)
    this.results[number] = result
  }

  /** An attempt begins at a server. */
  attemptBegan(server: SimulatedServer, nowMs: number): void {
    const tally = this.of(server)
    const at = this.#at(nowMs)
    if (at < this.#window.intervals) (tally.attempts[at] as number) += 1
    if (nowMs >= this.#window.warmUpMs) tally.mostInFlight = Math.max(tally.mostInFlight, server.inFlight + 1)
  }

  /** An attempt at a server is over: with a status, an error, or because whoever sent it left. */
  attemptEnded(server: SimulatedServer, nowMs: number, result: number | MeshErrorCode | 'left'): void {
    if (typeof result === 'number' ? result < 500 : result === 'left') return
    const at = this.#at(nowMs)
    if (at < this.#window.intervals) (this.of(server).failed[at] as number) += 1
  }

  /** The books of one server. */
  of(server: SimulatedServer): ServerTally {
    let tally = this.#servers.get(server)
    if (tally === undefined) {
      const { intervals } = this.#window
      tally = { attempts: Array(intervals).fill(0), failed: Array(intervals).fill(0), mostInFlight: 0 }
      this.#servers.set(server, tally)
    }
    return tally
  }

  #at(nowMs: number): number {
    return Math.floor((nowMs / this.#window.durationMs) * this.#window.intervals)
  }
}
