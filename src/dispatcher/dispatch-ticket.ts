import type { BodyListener } from '../call/body-feed.ts'
import { Cancellation } from '../call/cancellation.ts'

/**
 * A call in flight, as the door counts it: until the body of its reply is over.
 *
 * It is the call's cancellation, and knows nothing of the handler: a reply that the handler's owner dropped must be collected, although the
 * door still counts it.
 */
export class DispatchTicket extends Cancellation implements BodyListener {
  readonly #tickets: OpenTickets
  /** Neighbours in the list of {@link OpenTickets}, which alone writes them. */
  before: DispatchTicket | undefined
  /** See {@link before}. */
  after: DispatchTicket | undefined
  #open = true

  /** @param tickets where it is counted. */
  constructor(tickets: OpenTickets) {
    super()
    this.#tickets = tickets
    tickets.add(this)
  }

  /** The call is over. */
  over(): void {
    if (!this.#open) return
    this.#open = false
    this.#tickets.remove(this)
  }

  bodyOver(): void {
    this.over()
  }
}

/** The tickets of all calls in flight: a list through the tickets themselves, because a set costs more than a ticket. */
export class OpenTickets {
  #first: DispatchTicket | undefined
  #whenEmpty: (() => void)[] = []

  /** Whether no call is in flight. */
  get empty(): boolean {
    return this.#first === undefined
  }

  /** Calls back as soon as no call is in flight, and never at once. */
  whenEmpty(done: () => void): void {
    this.#whenEmpty.push(done)
    if (this.empty) this.#emptied()
  }

  *[Symbol.iterator](): Generator<DispatchTicket> {
    let next = this.#first
    while (next !== undefined) {
      const ticket = next
      next = ticket.after
      yield ticket
    }
  }

  /** A call began. */
  add(ticket: DispatchTicket): void {
    const first = this.#first
    ticket.after = first
    if (first !== undefined) first.before = ticket
    this.#first = ticket
  }

  /** A call is over. */
  remove(ticket: DispatchTicket): void {
    const { before, after } = ticket
    if (before === undefined) this.#first = after
    else before.after = after
    if (after !== undefined) after.before = before
    ticket.before = undefined
    ticket.after = undefined
    if (this.#first === undefined && this.#whenEmpty.length > 0) this.#emptied()
  }

  #emptied(): void {
    const waiting = this.#whenEmpty
    this.#whenEmpty = []
    for (const done of waiting) queueMicrotask(done)
  }
}
