import type { Call } from '../call/call.ts'
import type { Candidates } from './candidates.ts'
import { type SubsetLabels, subsetKey } from './subset.ts'

/** A version for a call, as the labels by which its endpoints are found. */
export interface VersionChoice {
  /** What the endpoints must carry. */
  readonly labels: SubsetLabels
  /** See {@link subsetKey}. */
  readonly key: string
  /**
   * The version that was to take the call, if another one does in its place. An endpoint of it that is to be probed is probed by such calls: nobody
   * else comes there.
   */
  readonly insteadOf: VersionChoice | undefined
}

/** The candidates of subsets. */
export interface SubsetCandidates {
  /**
   * @param labels those of the subset; `undefined` for any endpoint.
   * @param key the {@link subsetKey} of the labels, if it is known.
   */
  of(labels: SubsetLabels | undefined, key?: string): Candidates
}

/** Gives calls labels that they do not ask for themselves. Routing asks it for each attempt; one for each route would be another of these. */
export interface CallSplit {
  /** The version for the next attempt of a call; `undefined` for a call that is not divided. */
  choose(call: Call, sets: SubsetCandidates): VersionChoice | undefined
}

/** What becomes of the calls of a version. */
interface VersionCounts {
  calls: number
  elsewhere: number
}

/**
 * The choices of a split, made once: a call that asks for nothing itself is given one without anything being allocated.
 *
 * A version without an endpoint that is fit is stood in for:
 * - by the stable version, if that has one that is;
 * - if the version has no endpoint at all, by whichever other version has one that is fit, the last by order first.
 *
 * Else its calls go to it all the same. So those of a stable version that is ill are not put on a new one, which is not made for so many.
 */
export class VersionChoices {
  readonly #by: string
  readonly #versions: readonly string[]
  readonly #choices: readonly VersionChoice[]
  /** By the number of the version that was drawn, times the count, plus that of the one in its place: made when one is needed. */
  readonly #standIns = new Map<number, VersionChoice>()
  readonly #counts: readonly VersionCounts[]

  /**
   * @param by the label.
   * @param versions its values.
   */
  constructor(by: string, versions: readonly string[]) {
    this.#by = by
    this.#versions = versions
    this.#choices = versions.map((version) => choiceOf({ [by]: version }))
    this.#counts = versions.map(() => ({ calls: 0, elsewhere: 0 }))
  }

  /** What became of the calls of a version. */
  countsOf(version: number): Readonly<VersionCounts> {
    return { ...(this.#counts[version] as VersionCounts) }
  }

  /**
   * The choice for a call.
   *
   * @param drawn the number of the version that was drawn.
   * @param stable the number of the stable one.
   * @param call the call; further labels that it asks for must be carried as well.
   * @param sets the endpoints.
   * @param counts whether this is the first attempt.
   */
  of(drawn: number, stable: number, call: Call, sets: SubsetCandidates, counts: boolean): VersionChoice {
    const asked = call.subset
    const choice = this.#choice(drawn, asked)
    const serving = this.#serving(choice, drawn, stable, asked, sets)
    const count = this.#counts[drawn] as VersionCounts
    if (counts) count.calls += 1
    if (serving === drawn) return choice
    if (counts) count.elsewhere += 1
    const { labels } = this.#choice(serving, asked)
    if (asked !== undefined) return choiceOf(labels, choice)
    const place = drawn * this.#versions.length + serving
    const standIn = this.#standIns.get(place) ?? choiceOf(labels, choice)
    this.#standIns.set(place, standIn)
    return standIn
  }

  #choice(version: number, asked: SubsetLabels | undefined): VersionChoice {
    const choice = this.#choices[version] as VersionChoice
    return asked === undefined ? choice : choiceOf({ ...asked, ...choice.labels })
  }

  #serving(choice: VersionChoice, drawn: number, stable: number, asked: SubsetLabels | undefined, sets: SubsetCandidates): number {
    const own = sets.of(choice.labels, choice.key)
    const isThere = this.#isThere(own, drawn)
    if (isThere && isFit(own)) return drawn
    if (drawn !== stable && this.#canServe(stable, asked, sets)) return stable
    for (let other = this.#versions.length - 1; !isThere && other >= 0; other -= 1) {
      if (other !== drawn && other !== stable && this.#canServe(other, asked, sets)) return other
    }
    return drawn
  }

  #canServe(version: number, asked: SubsetLabels | undefined, sets: SubsetCandidates): boolean {
    const { labels, key } = this.#choice(version, asked)
    const candidates = sets.of(labels, key)
    return this.#isThere(candidates, version) && isFit(candidates)
  }

  /** Whether these are endpoints of the version, and not what a rule for subsets put in their place. */
  #isThere({ narrowed }: Candidates, version: number): boolean {
    return narrowed.tiers[0]?.endpoints[0]?.labels[this.#by] === this.#versions[version]
  }
}

function isFit({ tiers }: Candidates): boolean {
  for (let i = 0; i < tiers.length; i += 1) {
    const tier = tiers[i]
    if (tier !== undefined && tier.healthy + tier.degraded > 0) return true
  }
  return false
}

function choiceOf(labels: SubsetLabels, insteadOf?: VersionChoice): VersionChoice {
  return Object.freeze({ labels: Object.freeze(labels), key: subsetKey(labels), insteadOf })
}
