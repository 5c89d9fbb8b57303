import type { BodyListener } from '../../call/body-feed.ts'
import type { Call } from '../../call/call.ts'
import { Cancellation } from '../../call/cancellation.ts'
import { headerOf } from '../../call/header-list.ts'
import type { Layer, Send } from '../../call/layer.ts'
import { mirrorOf } from '../../call/mirror-of.ts'
import type { Outcome } from '../../call/outcome.ts'
import { MeshError } from '../../errors/mesh-error.ts'
import type { MeshEvents } from '../../runtime/events.ts'
import type { Host } from '../../runtime/host.ts'
import type { Random } from '../../runtime/random.ts'
import { CopiedBody, type CopyListener } from './copied-body.ts'
import type { MirrorSettings } from './mirror-options.ts'
import { copyOf, drain } from './mirrored-call.ts'

/** Whoever gets copies. */
export interface MirrorTarget {
  /** The `Host` that it wants to be called by, if it does. */
  readonly authority: string | undefined
  /** Carries a call to its outcome. */
  readonly send: Send<Call>
}

/** Finds whoever gets copies, by the name of the service; `undefined` when there is no such service now. */
export type FindMirrorTarget = (service: string) => MirrorTarget | undefined

/** Why a call was not copied. */
export type MirrorDrop = MeshEvents['mirror-dropped']['reason']

/** Copies of calls, counted. `sent` is always `answered` + `failed` + those in flight. */
export interface MirrorCounts {
  /** Copies that were sent. */
  readonly sent: number
  /** Copies that got a reply, whatever its status; what the target thinks of it is counted there. */
  readonly answered: number
  /** Copies that got none. */
  readonly failed: number
  /** Calls that were to be copied and were not, by the reason. */
  readonly dropped: {
    /** As many copies as may be were under way. */
    readonly inFlight: number
    /** The request body is longer than what is copied. */
    readonly bodyTooLarge: number
    /** The request body was not sent to its end. */
    readonly bodyIncomplete: number
    /** The service that gets copies is not there. */
    readonly noTarget: number
    /** The mirror was closed meanwhile. */
    readonly closed: number
  }
}

/** What a mirror would do with a call. */
export interface MirrorOutlook {
  /** The service that gets copies. */
  readonly to: string
  /** How many calls are copied, from 0 to 1. */
  readonly share: number
  /** Why this one is not; `marked`: it is a copy itself. */
  readonly against: Exclude<MirrorDrop, 'body-too-large' | 'body-incomplete'> | 'marked' | undefined
}

const countedAs = {
  'in-flight': 'inFlight',
  'body-too-large': 'bodyTooLarge',
  'body-incomplete': 'bodyIncomplete',
  'no-target': 'noTarget',
  closed: 'closed',
} as const satisfies Record<MirrorDrop, keyof MirrorCounts['dropped']>

const nothing = new Uint8Array(0)

/** A copy that is under way: at first its body is being gathered, then it is a call of its own. */
interface UnderwayCopy {
  end(reason: MeshError): void
}

/**
 * Sends copies of calls to another service, as Envoy's request mirroring does. A copy is begun beside its original and never waited for; whatever becomes of it, the
 * original hears nothing of it, and a caller that leaves does not take it along. Copies are bounded in number, in memory and in time, and a copy is never copied.
 */
export class Mirror {
  readonly #settings: MirrorSettings
  readonly #host: Host
  readonly #find: FindMirrorTarget
  readonly #draws: Random
  readonly #underway = new Set<UnderwayCopy>()
  readonly #counts = { sent: 0, answered: 0, failed: 0 }
  readonly #dropped = { inFlight: 0, bodyTooLarge: 0, bodyIncomplete: 0, noTarget: 0, closed: 0 }
  #closed = false

  /**
   * @param settings see {@link MirrorSettings}.
   * @param host time, chance, and who hears of calls that are not copied.
   * @param find finds the target, for each copy anew.
   */
  constructor(settings: MirrorSettings, host: Host, find: FindMirrorTarget) {
    this.#settings = settings
    this.#host = host
    this.#find = find
    this.#draws = host.random.fork('mirror')
  }

  /** The service that gets copies. */
  get to(): string {
    return this.#settings.service
  }

  /** Copies that are under way. */
  get inFlight(): number {
    return this.#underway.size
  }

  /** See {@link MirrorCounts}. */
  get counts(): MirrorCounts {
    return { ...this.#counts, dropped: { ...this.#dropped } }
  }

  /** Whether a call would be copied, as far as that is known before its body is: with which chance, or what is against it. Draws nothing. */
  peek(call: Call): MirrorOutlook {
    const { service: to, share, maxInFlight } = this.#settings
    let against: MirrorOutlook['against']
    if (this.#closed) against = 'closed'
    else if (this.#isCopy(call)) against = 'marked'
    else if (this.#underway.size >= maxInFlight) against = 'in-flight'
    else if (this.#find(to) === undefined) against = 'no-target'
    return { to, share, against }
  }

  /** Carries a call, and perhaps sends a copy of it. */
  readonly layer: Layer<Call> = (next) => (call) => {
    const { share, maxBodyBytes, maxInFlight } = this.#settings
    if (this.#closed || (share < 1 && this.#draws.next() >= share) || this.#isCopy(call)) return next(call)
    const { body } = call
    let reason: MirrorDrop | undefined
    if ((body.length ?? 0) > maxBodyBytes) reason = 'body-too-large'
    else if (this.#underway.size >= maxInFlight) reason = 'in-flight'
    else if (this.#find(this.#settings.service) === undefined) reason = 'no-target'
    if (reason !== undefined) {
      this.#drop(reason)
      return next(call)
    }
    return body.length === 0 ? this.#beside(call, next) : this.#after(call, next)
  }

  /** No more copies; those that are under way are cut off. */
  close(): void {
    this.#closed = true
    const { service } = this.#settings
    const reason = new MeshError('CLOSED', 'the mirror that sent this copy was closed', { service, sent: true })
    for (const copy of [...this.#underway]) copy.end(reason)
  }

  #isCopy(call: Call): boolean {
    const { header } = this.#settings
    return call.context.get(mirrorOf) !== undefined || (header !== false && headerOf(call.headers, header.toLowerCase()) !== undefined)
  }

  /** There is no body: the copy leaves with its original, and just behind it. */
  #beside(call: Call, next: Send<Call>): Promise<Outcome> {
    const outcome = next(call)
    this.#send(call, nothing)
    return outcome
  }

  /** There is a body: the copy leaves when all of it was handed to the wire. To open it before would be to use it, though nobody sends it. */
  async #after(call: Call, next: Send<Call>): Promise<Outcome> {
    const gathering = new Gathering()
    this.#underway.add(gathering)
    const body = new CopiedBody(call.body, this.#settings.maxBodyBytes, gathering)
    // Awaited here, in the caller's asynchronous context: that in which the body is read is the one of a socket.
    void this.#sendGathered(call, gathering)
    let outcome: Outcome | undefined
    try {
      outcome = await next(call.with({ body }))
      return outcome
    } finally {
      const over = () => {
        body.giveUp()
        gathering.incomplete()
      }
      // A reply may come before the request is over.
      if (outcome?.ok) outcome.reply.body.whenOver({ bodyOver: over })
      else over()
    }
  }

  async #sendGathered(call: Call, gathering: Gathering): Promise<void> {
    const gathered = await gathering.gathered
    this.#underway.delete(gathering)
    if (typeof gathered === 'string') this.#drop(gathered)
    else this.#send(call, gathered)
  }

  #send(original: Call, bytes: Uint8Array): void {
    const target = this.#find(this.#settings.service)
    if (target === undefined || this.#closed) {
      this.#drop(target === undefined ? 'no-target' : 'closed')
      return
    }
    const cancellation = new Cancellation()
    const copy: UnderwayCopy & BodyListener = {
      end: (reason) => cancellation.cancel(reason),
      bodyOver: () => void this.#underway.delete(copy),
    }
    this.#underway.add(copy)
    this.#counts.sent += 1
    void this.#follow(target, copyOf(original, bytes, this.#settings, target.authority, this.#host.clock.now(), cancellation), copy)
  }

  async #follow(target: MirrorTarget, call: Call, copy: UnderwayCopy & BodyListener): Promise<void> {
    try {
      const outcome = await target.send(call)
      if (outcome.ok) {
        this.#counts.answered += 1
        drain(outcome.reply.body, copy)
        return
      }
    } catch (error) {
      this.#host.emit('part-threw', { service: this.#host.service, part: 'mirror', error })
    }
    this.#counts.failed += 1
    this.#underway.delete(copy)
  }

  #drop(reason: MirrorDrop): void {
    this.#dropped[countedAs[reason]] += 1
    this.#host.emit('mirror-dropped', { service: this.#host.service, to: this.#settings.service, reason })
  }
}

/** A body that is being gathered for a copy. It ends once: with all of it, or with the reason why there is no copy. */
class Gathering implements UnderwayCopy, CopyListener {
  /** All of it, or why not. */
  readonly gathered: Promise<Uint8Array | MirrorDrop>
  #resolve: (gathered: Uint8Array | MirrorDrop) => void = () => {}

  constructor() {
    this.gathered = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  copied(bytes: Uint8Array): void {
    this.#resolve(bytes)
  }

  tooLong(): void {
    this.#resolve('body-too-large')
  }

  incomplete(): void {
    this.#resolve('body-incomplete')
  }

  end(): void {
    this.#resolve('closed')
  }
}
