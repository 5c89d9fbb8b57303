import type { Outcome } from './outcome.ts'

/**
 * What a layer does with an outcome once it is there: see {@link afterwards}. An object rather than a function, so that what a layer remembers
 * of a call takes neither a closure nor a promise.
 */
export interface Stage<Out = Outcome> {
  /** The stage outside of this one; written by whoever runs the stages. One object is a stage once. */
  following: Stage<unknown> | undefined
  /** The outcome is there. What this returns goes on to the next stage; what it throws goes to the next one that has {@link threw}. */
  settled(outcome: Outcome): Out | Promise<Out>
  /** What is inside threw, or rejected. */
  threw?(error: unknown): Out | Promise<Out>
}

/**
 * An outcome on its way out, with the stages that look at it, innermost first. They run one after the other, in one turn: a promise for each of them
 * would cost a call more than what they do.
 *
 * It stands where a promise does, and is one to whoever treats it as one. From then on nothing is added to its stages: what was waited for is
 * what was there.
 */
class Settling implements Promise<Outcome> {
  readonly [Symbol.toStringTag] = 'Promise'
  readonly #promise: Promise<Outcome>
  readonly #first: Stage<unknown>
  /** Where another stage may be added; `undefined` once none may. */
  #last: Stage<unknown> | undefined

  constructor(sending: Promise<Outcome>, first: Stage) {
    this.#first = first
    this.#last = first
    this.#promise = sending.then(
      (outcome) => this.#settled(outcome),
      (error) => this.#threw(error),
    )
  }

  /** Adds a stage. @returns whether it could be. */
  add(stage: Stage<unknown>): boolean {
    const last = this.#last
    if (last === undefined) return false
    last.following = stage
    this.#last = stage
    return true
  }

  /** The promise of what the last stage makes of it. No stage can be added any more. */
  get promise(): Promise<Outcome> {
    this.#last = undefined
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

  #settled(outcome: Outcome): Outcome | Promise<Outcome> {
    this.#last = undefined
    return pass(outcome, this.#first)
  }

  #threw(error: unknown): Outcome | Promise<Outcome> {
    this.#last = undefined
    return passError(error, this.#first)
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

function pass(given: Outcome, first: Stage<unknown> | undefined): Outcome | Promise<Outcome> {
  let outcome = given
  for (let stage = first; stage !== undefined; ) {
    const { following } = stage
    // A stage may live on, as what listens to the body does; those outside of it need not.
    stage.following = undefined
    try {
      const made = stage.settled(outcome) as Outcome | Promise<Outcome>
      if (made instanceof Promise) return passLater(made, following)
      outcome = made
    } catch (error) {
      return passError(error, following)
    }
    stage = following
  }
  return outcome
}

function passError(error: unknown, first: Stage<unknown> | undefined): Outcome | Promise<Outcome> {
  for (let stage = first; stage !== undefined; stage = stage.following) {
    if (stage.threw === undefined) continue
    const { following } = stage
    try {
      const made = stage.threw(error) as Outcome | Promise<Outcome>
      return made instanceof Promise ? passLater(made, following) : pass(made, following)
    } catch (another) {
      return passError(another, following)
    }
  }
  throw error
}

/** A stage takes its time, as a retry does. */
function passLater(made: Promise<Outcome>, following: Stage<unknown> | undefined): Promise<Outcome> {
  if (following === undefined) return made
  return made.then(
    (outcome) => pass(outcome, following),
    (error) => passError(error, following),
  )
}
