import { weightedMaglev } from './hash-scenarios.ts'
import type { Scenario } from './scenario.ts'
import { weightScenarios } from './weight-scenarios.ts'

/** Everything that is told by shares. */
export const shareScenarios: readonly Scenario[] = [...weightScenarios, weightedMaglev]
