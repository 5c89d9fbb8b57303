import type { Attempt } from '../call/attempt.ts'
import { failed, type Outcome } from '../call/outcome.ts'
import type { Stage } from '../call/settling.ts'
import type { MeshError } from '../errors/mesh-error.ts'
import type { Probe } from '../health/probe.ts'
import type { Candidates } from './candidates.ts'
import type { Observation } from './observation.ts'

/** Who settles attempts. */
export interface AttemptSettler {
  /** An attempt has an outcome. @returns what the call goes on with. */
  ended(outcome: Outcome, end: AttemptEnd): Outcome
  /** What carries attempts threw, or rejected. @returns the error of the attempt. */
  threw(attempt: Attempt, error: unknown): MeshError
}

/** What routing remembers of an attempt until it has an outcome. */
export class AttemptEnd implements Stage {
  readonly attempt: Attempt
  readonly observation: Observation
  /** Among whom its endpoint was chosen. */
  readonly candidates: Candidates
  /** The probe that it is, if it is one. */
  readonly probe: Probe | undefined
  readonly #settler: AttemptSettler

  /** @param settler see {@link AttemptSettler}. */
  constructor(settler: AttemptSettler, attempt: Attempt, observation: Observation, candidates: Candidates, probe: Probe | undefined) {
    this.#settler = settler
    this.attempt = attempt
    this.observation = observation
    this.candidates = candidates
    this.probe = probe
  }

  settled(outcome: Outcome): Outcome {
    return this.#settler.ended(outcome, this)
  }

  threw(error: unknown): Outcome {
    return this.settled(failed(this.#settler.threw(this.attempt, error)))
  }
}
