import type { Directory } from '../discovery/directory.ts'
import type { Host } from '../runtime/host.ts'
import type { RouteParts } from './route-parts.ts'
import type { ServiceParts } from './service-parts.ts'
import type { HealthJudges } from './snapshot-service.ts'

/** What is known of a running service at one moment, for those who explain what it does. */
export interface ServiceFacts {
  readonly parts: ServiceParts
  readonly directory: Directory
  readonly judges: HealthJudges
  readonly host: Host
  /** The route that they are of, where they are of one; see {@link factsOnRoute}. */
  readonly route?: RouteParts
}
