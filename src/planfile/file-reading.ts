import type { ConfigProblem } from '../errors/config-error.ts'
import type { StrategyKind } from '../mesh/plan-form.ts'
import type { Located } from './located.ts'
import type { PlanFileParts } from './plan-file-parts.ts'
import type { Strategy } from './strategy.ts'

/** What a plan file is read with, and what is found on the way. */
export interface FileReading {
  /** What the program hands in. */
  readonly parts: PlanFileParts
  /** Makes a strategy of its name. Handed in, for strategies hold strategies. */
  readonly makeStrategy: (kind: StrategyKind, at: Located, path: string, reading: FileReading) => unknown
  /** The resolvers there are, which know the folder of the file. */
  readonly resolvers: Readonly<Record<string, Strategy>>
  /** What the file points to: `'file:' + path` or `'env:' + name`, with the text there; `undefined` when there is none. */
  readonly secrets: ReadonlyMap<string, string | undefined>
  /** What was asked for of these and is not known yet. */
  readonly wanted: Set<string>
  /** Whether what the file points to is looked at. */
  readonly readsSecrets: boolean
  /** What is wrong, with paths as the file has them. */
  readonly problems: ConfigProblem[]
}

/** What stands in for what is wrong, so that the rest can be checked. It is never run: there is a problem. */
export function standIn(): void {}

/** The same for a policy. */
export const policyStandIn = Object.freeze({ name: 'stand-in', scope: 'call', layer: standIn })
