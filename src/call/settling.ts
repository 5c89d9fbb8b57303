import type { Outcome } from './outcome.ts'

/**
 * What a layer does with an outcome once it is there: see {@link afterwards}. An object rather than a function, so that what a layer remembers
 * of a call takes neither a closure nor a promise.
 */
export interface Stage<Out = Outcome> {
  /** The outcome is there. What this returns goes on to the next stage; what it throws goes to the next one that has {@link threw}. */
  settled(outcome: Outcome): Out | Promise<Out>
  /** What is inside threw, or rejected. */
  threw?(error: unknown): Out | Promise<Out>
}

type Made = Outcome | Promise<Outcome>

/**
 * An outcome on its way out, with the stages that look at it, innermost first. They run one after the other, in one turn: a promise for each of them
 * would cost a call more than what they do.
 *
 * It stands where a promise does, and is one to whoever treats it as one. From then on nothing is added to its stages: what was waited for is
 * what was there.
 */
class Settling implements Promise<Outcome> {
  readonly #promise: Promise<Outcome>
  /** A field for each stage rather than a list: what stands in one place is nearly always of one kind, and is called without looking for its method. */
  readonly #first: Stage<unknown>
  #second: Stage<unknown> | undefined
  #third: Stage<unknown> | undefined
  #fourth: Stage<unknown> | undefined
  #fifth: Stage<unknown> | undefined
  /** Whether no stage may be added any more. */
  #sealed = false

  constructor(sending: Promise<Outcome>, first: Stage) {
    this.#first = first
    this.#promise = sending.then(
      (outcome) => this.#settled(outcome),
      (error) => this.#threw(error),
    )
  }

  get [Symbol.toStringTag](): string {
    return 'Promise'
  }

  /** Adds a stage. @returns whether it could be. */
  add(stage: Stage<unknown>): boolean {
    if (this.#sealed) return false
    if (this.#second === undefined) this.#second = stage
    else if (this.#third === undefined) this.#third = stage
    else if (this.#fourth === undefined) this.#fourth = stage
    else if (this.#fifth === undefined) this.#fifth = stage
    else return false
    return true
  }

  /** The promise of what the last stage makes of it. No stage can be added any more. */
  get promise(): Promise<Outcome> {
    this.#sealed = true
    return this.#promise
  }

  // biome-ignore lint/suspicious/noThenProperty: it stands for a promise.
  then<A = Outcome, B = never>(
    good?: ((outcome: Outcome) => A | PromiseLike<A>) | null,
    bad?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.promise.then(good, bad)
  }

  catch<B = never>(bad?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<Outcome | B> {
    return this.promise.catch(bad)
  }

  finally(after?: (() => void) | null): Promise<Outcome> {
    return this.promise.finally(after)
  }

  #settled(outcome: Outcome): Made {
    this.#sealed = true
    let passed = 1
    try {
      let made = this.#first.settled(outcome) as Made
      if (this.#second === undefined) return made
      if (made instanceof Promise) return this.#later(made, passed)
      passed = 2
      made = this.#second.settled(made) as Made
      if (this.#third === undefined) return made
      if (made instanceof Promise) return this.#later(made, passed)
      passed = 3
      made = this.#third.settled(made) as Made
      if (this.#fourth === undefined) return made
      if (made instanceof Promise) return this.#later(made, passed)
      passed = 4
      made = this.#fourth.settled(made) as Made
      if (this.#fifth === undefined) return made
      if (made instanceof Promise) return this.#later(made, passed)
      passed = 5
      return this.#fifth.settled(made) as Made
    } catch (error) {
      return passError(error, this.#stages(passed))
    }
  }

  #threw(error: unknown): Made {
    this.#sealed = true
    return passError(error, this.#stages(0))
  }

  /** A stage takes its time, as a retry does. */
  #later(made: Promise<Outcome>, passed: number): Promise<Outcome> {
    return goOn(made, this.#stages(passed))
  }

  #stages(passed: number): Stage[] {
    const places = [this.#first, this.#second, this.#third, this.#fourth, this.#fifth] as (Stage | undefined)[]
    return places.slice(passed).filter((stage) => stage !== undefined)
  }
}

/**
 * Looks at an outcome when it is there, as `sending.then` does. Layers of our own that stand next to each other share one promise by it: they run in
 * the turn and in the asynchronous context of the innermost of them.
 *
 * @param sending what the next layer answered with.
 * @param stage what to do then.
 * @returns what becomes of it; hand it on as it is.
 */
export function afterwards(sending: Promise<Outcome>, stage: Stage): Promise<Outcome> {
  return sending instanceof Settling && sending.add(stage) ? sending : new Settling(sending, stage)
}

/** The same for whoever stands outside of all layers: the promise of what it makes of the outcome. */
export function lastly<Out>(sending: Promise<Outcome>, stage: Stage<Out>): Promise<Out> {
  if (sending instanceof Settling && sending.add(stage)) return sending.promise as Promise<unknown> as Promise<Out>
  return sending.then(
    (outcome) => stage.settled(outcome),
    stage.threw === undefined ? undefined : (error) => (stage.threw as (error: unknown) => Out | Promise<Out>)(error),
  )
}

/** A promise that is nothing else: for those who keep it, and for those who entered a context of their own, in which no stage of others is to run. */
export function asPromise(sending: Promise<Outcome>): Promise<Outcome> {
  return sending instanceof Settling ? sending.promise : sending
}

/** Runs the stages that are left, one by one. */
function pass(given: Outcome, stages: readonly Stage[]): Made {
  let outcome = given
  for (const [i, stage] of stages.entries()) {
    try {
      const made = stage.settled(outcome)
      if (made instanceof Promise) return goOn(made, stages.slice(i + 1))
      outcome = made
    } catch (error) {
      return passError(error, stages.slice(i + 1))
    }
  }
  return outcome
}

/** Hands an error to the first stage that takes errors, and what that makes of it to those after it. */
function passError(error: unknown, stages: readonly Stage[]): Made {
  const i = stages.findIndex((stage) => stage.threw !== undefined)
  const stage = stages[i]
  if (stage?.threw === undefined) throw error
  const rest = stages.slice(i + 1)
  let made: Made
  try {
    made = stage.threw(error)
  } catch (another) {
    return passError(another, rest)
  }
  return made instanceof Promise ? goOn(made, rest) : pass(made, rest)
}

function goOn(made: Promise<Outcome>, stages: readonly Stage[]): Promise<Outcome> {
  if (stages.length === 0) return made
  return made.then(
    (outcome) => pass(outcome, stages),
    (error) => passError(error, stages),
  )
}
