import type { ConfigProblem } from '../errors/config-error.ts'
import type { CallGate } from './call-gate.ts'
import type { ServicePlan } from './plan.ts'
import type { ServiceParts } from './service-parts.ts'

/** A plan of a service that was made into parts and can be put in force. */
export interface ReadyService {
  readonly ok: true
  readonly plan: ServicePlan
  readonly parts: ServiceParts
  readonly gate: CallGate
}

/** A plan of a service that could not be made into parts. */
export interface UnreadyService {
  readonly ok: false
  readonly problems: readonly ConfigProblem[]
  /** The first error. */
  readonly cause: unknown
}

/** What came of preparing a service. */
export type PreparedService = ReadyService | UnreadyService
