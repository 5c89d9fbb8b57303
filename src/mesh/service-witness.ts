import type { Call } from '../call/call.ts'
import type { Outcome } from '../call/outcome.ts'
import { decidingAttempt, LostRace } from '../call/side-by-side.ts'
import type { MeshError } from '../errors/mesh-error.ts'
import type { CallRecords, ServiceRecords } from '../records/call-records.ts'
import { type CallTeller, rememberError } from '../records/call-teller.ts'
import type { DecisionRecord } from '../records/decision-record.ts'
import { describeCall, type Ending } from '../records/describe-call.ts'
import { survey } from '../routing/survey.ts'
import type { Host } from '../runtime/host.ts'
import { type TelemetrySettings, telemetryDefaults } from '../telemetry/telemetry-options.ts'
import { spokenTo } from './careful-counts.ts'
import { factsOnRoute } from './explain-route.ts'
import { passedOver } from './passed-over.ts'
import { deadlineOnRoute, subsetOnRoute } from './route-layers.ts'
import type { ServiceFacts } from './service-facts.ts'
import { serviceState } from './service-state.ts'
import { versionOf } from './tell-version.ts'

/** What a witness is given. */
export interface WitnessMeans {
  readonly records?: CallRecords | undefined
  /** Which parameters are secrets. */
  readonly telemetry: TelemetrySettings | undefined
}

const usualSecrets: ReadonlySet<string> = new Set(telemetryDefaults.redact)

const nothingBeside = {
  protocol: undefined,
  version: undefined,
  passedOver: [],
  passedOverCounts: {},
  state: undefined,
  mostAttempts: undefined,
} as const

/**
 * Sees how the calls of one service end, keeps records of those that failed or were slow, and tells of any of them. A call that went well and was not slow costs
 * it an addition and two comparisons.
 */
export class ServiceWitness implements CallTeller {
  readonly #facts: () => ServiceFacts | undefined
  readonly #host: Host
  readonly #secrets: ReadonlySet<string>
  readonly #records: ServiceRecords | undefined

  /**
   * @param service under whose name records are kept.
   * @param facts what is known of the service; `undefined` for a host that no service declares.
   * @param host time, and who hears of a record that could not be made.
   * @param means see {@link WitnessMeans}.
   */
  constructor(service: string, facts: () => ServiceFacts | undefined, host: Host, { records, telemetry }: WitnessMeans) {
    this.#facts = facts
    this.#host = host
    this.#secrets = telemetry?.redact ?? usualSecrets
    this.#records = records?.of(service)
  }

  /** A call has an outcome: the head of a reply, or an error. */
  answered(call: Call, outcome: Outcome): void {
    try {
      this.#look(call, outcome)
    } catch (error) {
      this.#threw(error)
    }
  }

  #look(call: Call, outcome: Outcome): void {
    const { spent, startedAt } = call
    const decided = spent.length === 1 ? spent[0] : decidingAttempt(call)
    if (!outcome.ok) this.#failed(call, { error: outcome.error, at: this.#host.clock.now() })
    else if (decided !== undefined && this.#records !== undefined) {
      const tookMs = decided.startedAt + decided.latencyMs - startedAt
      if (decided.verdict.kind === 'failure') this.#badReply(call)
      else if (this.#records.slowest.wants(startedAt, tookMs)) this.#slow(call, tookMs)
    }
  }

  /** The body of a reply broke. */
  readonly broke = (call: Call, error: MeshError): void => {
    try {
      if (!(error instanceof LostRace)) this.#failed(call, { error })
    } catch (thrown) {
      this.#threw(thrown)
    }
  }

  /** See {@link CallTeller.describe}. */
  describe(given: Call, ending: Ending, kept?: DecisionRecord['kept']): DecisionRecord {
    const facts = this.#facts()
    if (facts === undefined) return describeCall(given, ending, this.#secrets, this.#host.clock, { kept, ...nothingBeside })
    const route = facts.parts.routes.find(({ name }) => name === given.route)
    const seen = factsOnRoute(facts, route)
    const { parts, directory, judges, host } = seen
    // The call may be the caller's, from before it found its route.
    const call =
      route === undefined ? given : given.with({ subset: subsetOnRoute(given, route.plan), deadline: deadlineOnRoute(given, route) })
    const chosen = (decidingAttempt(call) ?? call.underway[0])?.endpoint
    const protocol = chosen && (spokenTo(parts.transport, chosen, host) ?? chosen.protocol.slice(0, -1))
    const version = versionOf(call, seen)
    const divided = version === undefined ? call : call.with({ subset: { ...call.subset, [version.by]: version.name } })
    const found = survey(directory.endpoints, divided.subset, judges.board, parts.routing)
    return describeCall(call, ending, this.#secrets, this.#host.clock, {
      kept,
      protocol,
      version,
      ...passedOver(divided, chosen, seen, found),
      state: serviceState(seen),
      mostAttempts: parts.plan.retry === false ? undefined : parts.plan.retry.attempts,
    })
  }

  /** A record reads parts of the user's, such as a transport: what these throw must not reach the call. */
  #threw(error: unknown): void {
    const { service, emit } = this.#host
    emit('part-threw', { service, part: 'records', error })
  }

  #failed(call: Call, ending: Required<Pick<Ending, 'error'>> & Ending): void {
    const error = ending.error as MeshError
    const counts = error.code !== 'ABORTED' && error.code !== 'BODY_FAILED'
    if (counts && this.#records?.takesFailed(this.#host.clock.now())) {
      const record = this.describe(call, ending, 'failed')
      this.#records.addFailed(record)
      rememberError(error, record)
    } else rememberError(error, { call, teller: this, ending })
  }

  #badReply(call: Call): void {
    const records = this.#records as ServiceRecords
    if (records.takesFailed(this.#host.clock.now())) records.addFailed(this.describe(call, {}, 'failed'))
  }

  #slow(call: Call, tookMs: number): void {
    const records = this.#records as ServiceRecords
    if (records.takesSlow(this.#host.clock.now())) records.slowest.add(tookMs, this.describe(call, {}, 'slow'))
  }
}
