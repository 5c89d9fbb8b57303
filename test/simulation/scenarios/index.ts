import type { Scenario } from './scenario.ts'

/** Every scenario, by the name that `npm run simulate` takes. */
export const scenarios: Readonly<Record<string, () => Promise<{ readonly scenario: Scenario }>>> = {
  queues: () => import('./queues.ts'),
  'slow-endpoint': () => import('./slow-endpoint.ts'),
  sinkhole: () => import('./sinkhole.ts'),
  'stalled-endpoint': () => import('./stalled-endpoint.ts'),
  antagonists: () => import('./antagonists.ts'),
  'slow-start': () => import('./slow-start.ts'),
  spill: () => import('./spill.ts'),
  'many-clients': () => import('./many-clients.ts'),
  canary: () => import('./canary.ts'),
}
