import type { Departures, Leaver } from './departures.ts'

/** A call that ends with its caller's signal. The group keeps its neighbours in there. */
export interface SignalMember<T extends SignalMember<T>> extends Leaver {
  /** Written by the group alone. */
  before: T | undefined
  /** Written by the group alone. */
  after: T | undefined
}

/**
 * Calls that end with one signal: one listener for all, because a signal takes a microsecond for each. Once the last of them is over, the
 * listener is gone: a signal that outlives a million calls keeps none of them.
 */
export class SignalGroup<T extends SignalMember<T>> {
  readonly signal: AbortSignal
  readonly #departures: Departures
  readonly #emptied: (group: SignalGroup<T>) => void
  #first: T | undefined
  #last: T | undefined

  /**
   * @param signal of the callers; not aborted yet.
   * @param departures those of all callers.
   * @param emptied told when nobody is in it any more; it takes nobody in from then on.
   */
  constructor(signal: AbortSignal, departures: Departures, emptied: (group: SignalGroup<T>) => void) {
    this.signal = signal
    this.#departures = departures
    this.#emptied = emptied
    signal.addEventListener('abort', this)
  }

  /** Takes one in. */
  add(member: T): void {
    const last = this.#last
    member.before = last
    if (last === undefined) this.#first = member
    else last.after = member
    this.#last = member
  }

  /** Lets one go that is in it. */
  remove(member: T): void {
    const { before, after } = member
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    member.before = undefined
    member.after = undefined
    if (this.#first === undefined) this.#end()
  }

  /** @internal what the signal calls */
  handleEvent(): void {
    const members: T[] = []
    for (let member = this.#first; member !== undefined; member = member.after) members.push(member)
    this.#first = undefined
    this.#last = undefined
    // Taken apart first: what ends one of them may end others.
    for (const member of members) {
      member.before = undefined
      member.after = undefined
    }
    this.#end()
    for (const member of members) this.#departures.add(member)
  }

  #end(): void {
    this.signal.removeEventListener('abort', this)
    this.#emptied(this)
  }
}
