import { weightedMaglev } from './hash-scenarios.ts'
import type { Scenario } from './scenario.ts'
import { tierScenarios } from './tier-scenarios.ts'
import { weightScenarios } from './weight-scenarios.ts'
import { zoneScenarios } from './zone-scenarios.ts'

/** Everything that is told by shares. */
export const shareScenarios: readonly Scenario[] = [...weightScenarios, weightedMaglev, ...tierScenarios, ...zoneScenarios]
