import { ConfigError, type ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import { check, pathTo } from './config-problems.ts'
import { hostClashes, type NamedHosts } from './host-clashes.ts'
import { isServiceName, serviceNameExpectation } from './host-syntax.ts'
import type { MeshMeans } from './mesh-means.ts'
import { meshOptionsSchema, planSchema } from './mesh-schema.ts'
import { meshMetricsOf } from './metrics-schema.ts'
import { mirrorProblems } from './mirror-problems.ts'
import type { MeshPlan, ServicePlan } from './plan.ts'
import { isPlainObject } from './plan-pieces.ts'
import { withPrinting } from './print-plan.ts'
import { recordsSettingsOf } from './records-schema.ts'
import { serviceProblems } from './service-problems.ts'
import { serviceSchema } from './service-schema.ts'
import { telemetrySettingsOf } from './telemetry-schema.ts'

/** A service that is not checked yet. */
export interface ServiceInput {
  readonly name: unknown
  /** What it says; `undefined` when that is not known, which `problems` then explains. */
  readonly settings: unknown
  /** What is known to be wrong; the paths begin at the service. */
  readonly problems: readonly ConfigProblem[]
}

/** What a builder was told. */
export interface PlanInput {
  /** What `mesh(...)` was given. */
  readonly options: unknown
  /** What is known to be wrong with the mesh itself. */
  readonly problems: readonly ConfigProblem[]
  readonly services: readonly ServiceInput[]
}

/**
 * Checks what a builder was told, as a whole.
 *
 * @throws ConfigError with every problem.
 */
export function finishPlan({ options, problems, services }: PlanInput): { readonly plan: MeshPlan; readonly means: MeshMeans } {
  const mesh = check(meshOptionsSchema, options, '')
  const plan = finishServices(mesh.value ?? {}, [...mesh.problems, ...problems], services)
  const { clock, random, transport, telemetry, records, production, metrics } = mesh.value as NonNullable<typeof mesh.value>
  const [traced, recorded] = [telemetrySettingsOf(telemetry), recordsSettingsOf(records)]
  return { plan, means: { clock, random, transport, telemetry: traced, records: recorded, production, metrics: meshMetricsOf(metrics) } }
}

/**
 * Checks a plan that came as a whole, such as an edited copy.
 *
 * @throws ConfigError with every problem.
 */
export function readPlan(input: unknown): MeshPlan {
  const plan = check(planSchema, input, '')
  // From the input: a mistake beside the services must not hide those within.
  const services: unknown = isPlainObject(input) ? input.services : undefined
  return finishServices(
    plan.value ?? {},
    plan.problems,
    Object.entries(isPlainObject(services) ? services : {}).map(([name, settings]) => ({ name, settings: settings ?? null, problems: [] })),
  )
}

function finishServices(
  mesh: { readonly name?: string; readonly outbound?: MeshPlan['outbound'] },
  problems: readonly ConfigProblem[],
  services: readonly ServiceInput[],
): MeshPlan {
  const found = [...problems]
  const finished: [string, ServicePlan][] = []
  const hosts: NamedHosts[] = []
  const seen = new Set<unknown>()
  for (const { name, settings, problems: known } of services) {
    const path = pathTo('services', name)
    if (!isServiceName(name))
      found.push({ path, expected: `${serviceNameExpectation} as the name of a service`, received: printValue(name) })
    else if (seen.has(name)) found.push({ path, expected: 'a name that no other service has', received: `${printValue(name)} twice` })
    seen.add(name)
    for (const problem of known) found.push({ ...problem, path: problem.path === '' ? path : `${path}.${problem.path}` })
    if (settings === undefined) continue
    const { value, problems: wrong } = check(serviceSchema, settings, path)
    found.push(...wrong, ...serviceProblems(settings, path))
    hosts.push({ service: String(name), path, aliases: isPlainObject(settings) ? settings.aliases : undefined })
    if (value !== undefined) finished.push([String(name), value])
  }
  found.push(...hostClashes(hosts), ...mirrorProblems(services))
  if (found.length > 0) throw new ConfigError(found)
  const { name, outbound } = mesh as Required<typeof mesh>
  return Object.freeze(withPrinting({ name, outbound, services: Object.freeze(Object.fromEntries(finished)) }))
}
