import { hashText, mix } from '../balancing/hash.ts'
import { type CallHash, readHashOn } from '../balancing/hash-on.ts'
import type { Attempt } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import { drawnVersion } from '../call/drawn-version.ts'
import type { Outcome } from '../call/outcome.ts'
import type { Verdict } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { MeshError } from '../errors/mesh-error.ts'
import type { AttemptWatcher } from '../health/attempt-watcher.ts'
import type { Host } from '../runtime/host.ts'
import { type SplitFinding, SplitJudge } from './split-judge.ts'
import { ownerAt, SplitLayout, type VersionBounds } from './split-layout.ts'
import type { SplitSettings } from './split-options.ts'
import { SplitRamp } from './split-ramp.ts'
import type { SplitOutlook, SplitSnapshot, SplitState } from './split-snapshot.ts'
import { type CallSplit, type SubsetCandidates, type VersionChoice, VersionChoices } from './version-choice.ts'

/**
 * Divides the calls of a service among its versions.
 *
 * It draws a version once a call: by chance, or by the hash of what keeps a user on a version. Repeated attempts stay on the version that the first
 * one went to. It moves its weights along a ramp, and gives all calls to the stable version once another one does worse.
 */
export class Split implements CallSplit, AttemptWatcher {
  readonly name = 'split'
  readonly #settings: SplitSettings
  readonly #host: Host
  readonly #stable: number
  readonly #choices: VersionChoices
  readonly #layout: SplitLayout
  readonly #ramp: SplitRamp
  readonly #judge: SplitJudge | undefined
  readonly #hash: CallHash | undefined
  /** Other bits than those by which balancers hash, or all users of a small version would go to the same of its endpoints. */
  readonly #salt: number
  #bounds: VersionBounds
  #inForce = false
  #missesCountFrom = Number.NEGATIVE_INFINITY
  #aborted: SplitSnapshot['aborted']

  /**
   * @param settings see {@link SplitSettings}.
   * @param host the service.
   */
  constructor(settings: SplitSettings, host: Host) {
    const { by, versions, from, to, ramp, abort, stickyBy } = settings
    this.#settings = settings
    this.#host = host
    this.#stable = versions.length - 1
    this.#choices = new VersionChoices(by, versions)
    this.#layout = new SplitLayout(from, to)
    this.#bounds = this.#layout.at(0)
    this.#ramp = new SplitRamp(ramp, host.clock, () => this.#stepped())
    this.#judge = abort && new SplitJudge(abort, versions.length, this.#stable)
    this.#hash = stickyBy === undefined ? undefined : readHashOn('split', stickyBy)(host.random)
    this.#salt = hashText(`split ${host.service} ${by}`)
  }

  /** It comes in force: the ramp begins. */
  start(): void {
    this.#inForce = true
    this.#ramp.start()
    this.#bounds = this.#layout.at(this.#ramp.progress)
  }

  /** It is not in force any more. */
  close(): void {
    this.#inForce = false
    this.#ramp.stop()
  }

  /** The label whose values are the versions. */
  get by(): string {
    return this.#settings.by
  }

  /** See {@link SplitControl.state}. */
  get state(): SplitState {
    if (this.#aborted !== undefined) return 'aborted'
    if (this.#settings.ramp === undefined) return 'steady'
    return this.#ramp.hasNext ? 'ramping' : 'done'
  }

  choose(call: Call, sets: SubsetCandidates): VersionChoice | undefined {
    const { subset } = call
    if (subset !== undefined && subset[this.#settings.by] !== undefined) return undefined
    const before = this.#versionBefore(call)
    const drawn = before < 0 ? this.#draw(call) : before
    const isFirst = call.spent.length + call.underway.length === 0
    const choice = this.#choices.of(drawn, this.#stable, call, sets, isFirst)
    if (isFirst && choice.insteadOf !== undefined) {
      call.context.set(drawnVersion, this.#settings.versions[drawn])
      this.#missed(drawn)
    }
    return choice
  }

  /** What would become of the next call of this kind; `undefined` for one that is not divided. Draws nothing. */
  peek(call: Call): SplitOutlook | undefined {
    const { by, versions } = this.#settings
    if (call.subset?.[by] !== undefined) return undefined
    const point = this.#hash === undefined ? undefined : peekHash(this.#hash, call)
    const drawn = point === undefined ? undefined : versions[ownerAt(this.#bounds, mix(point ^ this.#salt) / 2 ** 32)]
    return { by, stable: versions[this.#stable] as string, state: this.state, shares: this.#shares(), drawn }
  }

  answered(endpoint: Endpoint, verdict: Verdict, latencyMs: number, _outcome: Outcome, attempt: Attempt): void {
    if (verdict.kind === 'ignored') return
    const version = this.#judgedVersion(endpoint, attempt)
    if (version < 0) return
    const finding = this.#judge?.answered(version, this.#host.clock.now(), verdict.kind === 'failure', latencyMs)
    if (finding !== undefined) this.#abort(version, finding)
  }

  bodyOver(endpoint: Endpoint, _verdict: Verdict, spoiled: MeshError | undefined, _startedAt: number, attempt: Attempt): void {
    if (spoiled === undefined) return
    const version = this.#judgedVersion(endpoint, attempt)
    if (version < 0) return
    const finding = this.#judge?.spoiled(version, this.#host.clock.now())
    if (finding !== undefined) this.#abort(version, finding)
  }

  /** All calls go to the stable version until {@link resume}; does nothing when they already do. */
  abort(): void {
    this.#abort(undefined, undefined)
  }

  /** Goes on where it was when it was aborted; what was held against versions is forgotten. Does nothing when it was not. */
  resume(): void {
    if (this.#aborted === undefined) return
    this.#aborted = undefined
    this.#judge?.clear()
    // Circuits and ejections of the version that was given up need some time to end.
    this.#missesCountFrom = this.#host.clock.now() + (this.#settings.abort?.windowMs ?? 0)
    this.#ramp.resume()
    this.#bounds = this.#layout.at(this.#ramp.progress)
    const { service } = this.#host
    this.#host.emit('split-resumed', { service, by: this.#settings.by, progress: this.#ramp.progress, shares: this.#shares() })
  }

  /** What is going on, as plain data. */
  snapshot(): SplitSnapshot {
    const { by, versions } = this.#settings
    const now = this.#host.clock.now()
    const shares = this.#shares()
    return {
      by,
      stable: versions[this.#stable] as string,
      state: this.state,
      progress: this.#ramp.progress,
      nextStepInMs: this.#ramp.nextInMs,
      versions: Object.fromEntries(
        versions.map((version, i) => [
          version,
          { share: shares[version] as number, ...this.#choices.countsOf(i), window: this.#judge?.countsOf(i, now) },
        ]),
      ),
      aborted: this.#aborted,
    }
  }

  /** The version that a call is on, by its first attempt; -1 when there was none, or everything goes to the stable version now. */
  #versionBefore({ spent, underway }: Call): number {
    const first = spent.length > 0 ? spent[0] : underway[0]
    if (first === undefined || this.#aborted !== undefined) return -1
    return this.#versionOf(first.endpoint)
  }

  #versionOf({ labels }: Endpoint): number {
    return this.#settings.versions.indexOf(labels[this.#settings.by] as string)
  }

  #draw(call: Call): number {
    return ownerAt(this.#bounds, this.#hash === undefined ? this.#host.random.next() : this.#pointOf(call, this.#hash))
  }

  #pointOf(call: Call, hash: CallHash): number {
    try {
      return mix(hash.of(call) ^ this.#salt) / 2 ** 32
    } catch (error) {
      this.#host.emit('part-threw', { service: this.#host.service, part: 'split.stickyBy', error })
      return this.#host.random.next()
    }
  }

  /**
   * What counts is the first attempt of a call that was divided: further ones are made because that failed, and whoever asked for a version by name is
   * no sample of those who use it.
   */
  #judgedVersion(endpoint: Endpoint, { number, call }: Attempt): number {
    if (this.#judge === undefined || number !== 1 || this.#aborted !== undefined || !this.#inForce) return -1
    return call.subset?.[this.#settings.by] === undefined ? this.#versionOf(endpoint) : -1
  }

  /** A version had nobody for a call. That is held against it, or a ramp would go on to a version whose circuits are all open. */
  #missed(version: number): void {
    if (this.#judge === undefined || this.#aborted !== undefined || !this.#inForce) return
    const now = this.#host.clock.now()
    if (now < this.#missesCountFrom) return
    const finding = this.#judge.answered(version, now, true, 0)
    if (finding !== undefined) this.#abort(version, finding)
  }

  #stepped(): void {
    this.#bounds = this.#layout.at(this.#ramp.progress)
    const { by } = this.#settings
    const { service } = this.#host
    this.#host.emit('split-stepped', { service, by, progress: this.#ramp.progress, shares: this.#shares(), done: !this.#ramp.hasNext })
  }

  #abort(version: number | undefined, finding: SplitFinding | undefined): void {
    if (this.#aborted !== undefined) return
    const { by, versions } = this.#settings
    const shares = this.#shares()
    this.#ramp.stop()
    this.#bounds = { ends: Float64Array.of(1), owners: Uint16Array.of(this.#stable) }
    const worse = version === undefined ? undefined : versions[version]
    const reason = finding?.reason ?? 'by-hand'
    this.#aborted = Object.freeze({ reason, version: worse, at: this.#host.clock.wallTime(), shares, figures: finding })
    const { service } = this.#host
    const stable = versions[this.#stable] as string
    this.#host.emit('split-aborted', { service, by, version: worse, stable, reason, shares, figures: finding })
  }

  /** What each version gets now, from 0 to 1. */
  #shares(): Readonly<Record<string, number>> {
    const { versions } = this.#settings
    const { ends, owners } = this.#bounds
    const shares = versions.map((_, i) => ends.reduce((sum, end, at) => sum + (owners[at] === i ? end - (ends[at - 1] ?? 0) : 0), 0))
    // Differences of sums: 0.05 is to read as 0.05.
    return Object.freeze(Object.fromEntries(versions.map((version, i) => [version, Number((shares[i] as number).toFixed(9))])))
  }
}

/** A function of the user's may throw: then nothing keeps the call anywhere. */
function peekHash(hash: CallHash, call: Call): number | undefined {
  try {
    return hash.peek(call)
  } catch {
    return undefined
  }
}
