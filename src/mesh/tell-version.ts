import type { Call } from '../call/call.ts'
import { drawnVersion } from '../call/drawn-version.ts'
import type { DecisionRecord } from '../records/decision-record.ts'
import type { ServiceFacts } from './service-facts.ts'

/** The version that took a call, if a split chose it; `undefined` for a call that was not divided, or had no attempt. */
export function versionOf(call: Call, { parts: { split } }: ServiceFacts): DecisionRecord['version'] {
  const by = split?.by
  if (by === undefined || call.subset?.[by] !== undefined) return undefined
  const name = (call.spent[0] ?? call.underway[0])?.endpoint.labels[by]
  return name === undefined ? undefined : { by, name, insteadOf: call.context.get(drawnVersion) }
}
