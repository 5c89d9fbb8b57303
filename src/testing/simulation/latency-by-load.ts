/** How many answers are remembered for each number in flight. */
const remembered = 16

/** What is older is forgotten: the server may have become another one since. In milliseconds. */
const oldestMs = 3_000

/** The last answers to calls that found the same number of others. */
interface Answers {
  readonly latenciesMs: number[]
  next: number
  lastAt: number
}

/**
 * How long a server takes at the load that it has now, as servers in the Prequal paper estimate it: by the last answers whose calls found as
 * many others in flight. By its last answers, whatever they found, a server that was overloaded and is idle now would look slow for as long as
 * nobody calls it.
 */
export class LatencyByLoad {
  readonly #answers: (Answers | undefined)[] = []

  /**
   * An answer was given.
   *
   * @param inFlight how many others there were when the call came.
   * @param latencyMs how long it took.
   * @param now monotonic time.
   */
  answered(inFlight: number, latencyMs: number, now: number): void {
    this.#answers[inFlight] ??= { latenciesMs: [], next: 0, lastAt: now }
    const answers = this.#answers[inFlight]
    answers.latenciesMs[answers.next] = latencyMs
    answers.lastAt = now
    answers.next = (answers.next + 1) % remembered
  }

  /** The estimate, for a call that finds `inFlight` others: the median; 0 when it has not answered of late. */
  at(inFlight: number, now: number): number {
    const known = this.#answers
    for (let distance = 0; distance <= Math.max(inFlight, known.length); distance += 1) {
      const answers = this.#recent(inFlight - distance, now) ?? this.#recent(inFlight + distance, now)
      if (answers === undefined) continue
      const sorted = answers.latenciesMs.toSorted((a, b) => a - b)
      return sorted[sorted.length >> 1] as number
    }
    return 0
  }

  #recent(inFlight: number, now: number): Answers | undefined {
    const answers = this.#answers[inFlight]
    return answers !== undefined && now - answers.lastAt <= oldestMs ? answers : undefined
  }
}
