/**
 * A day of traffic in a minute: the real mesh, in virtual time, against servers that are models.
 *
 * Everything above the wire is what runs in production: the builder, routing, balancing, retries, deadlines. Below it are servers with
 * queues, and a clock that jumps from one event to the next. The same seed gives the same run, to the last call.
 */
import { printValue } from '../../errors/print-value.ts'
import { type Duration, durationMs } from '../../runtime/duration.ts'
import { withDefaults } from '../../runtime/with-defaults.ts'
import { type SimulationOptions, simulationDefaults } from './simulation-options.ts'
import type { SimulationResult } from './simulation-result.ts'
import { SimulationRun } from './simulation-run.ts'

/** A whole number of at least 1, or else an error. */
function counted(value: number, field: string): number {
  if (Number.isInteger(value) && value >= 1) return value
  throw new TypeError(`simulate: ${field}: expected a whole number of at least 1, got ${printValue(value)}`)
}

function finiteMs(value: Duration, field: string): number {
  const ms = durationMs(value, `simulate: ${field}`)
  if (Number.isFinite(ms)) return ms
  throw new TypeError(`simulate: ${field}: expected a time that ends, got ${printValue(value)}`)
}

/**
 * Runs a mesh, or several, in virtual time against simulated servers.
 *
 * @param options see {@link SimulationOptions}.
 * @returns the figures; see `simulationTable` and `simulationSvg` for what to look at.
 * @throws TypeError when an option is wrong; whatever a model, a change or the function that makes the mesh throws.
 * @example
 * ```ts
 * import { mesh, peakEwma, powerOfTwo } from 'proxyless'
 * import { exponential, poisson, servers, simulate, simulationTable } from 'proxyless/testing'
 *
 * const result = await simulate({
 *   mesh: ({ clock, random, transport, resolver }) =>
 *     mesh({ clock, random, transport })
 *       .service('orders', (s) => s.resolve(resolver).balance(powerOfTwo(peakEwma())))
 *       .build(),
 *   servers: servers(10, { serviceMs: exponential(10) }),
 *   arrivals: poisson(800),
 *   request: 'http://orders/',
 *   duration: '60s',
 *   changes: [{ at: '20s', change: (world) => { world.server('s1').speed = 0.05 } }],
 * })
 * console.log(simulationTable({ 'power of two': result }))
 * ```
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { mesh, servers, arrivals, request, changes = [] } = options
  for (const [field, value] of Object.entries({ mesh, arrivals })) {
    if (typeof value !== 'function') throw new TypeError(`simulate: ${field}: expected a function, got ${printValue(value)}`)
  }
  if (typeof request !== 'string' && typeof request !== 'function')
    throw new TypeError(`simulate: request: expected a URL or a function that answers with { url, init }, got ${printValue(request)}`)
  const { clients, seed, intervals, warmUp, ending } = withDefaults(simulationDefaults, options)
  const durationTotalMs = finiteMs(options.duration, 'duration')
  if (durationTotalMs === 0) throw new TypeError(`simulate: duration: expected more than 0, got ${printValue(options.duration)}`)
  const warmUpMs = finiteMs(warmUp, 'warmUp')
  if (warmUpMs >= durationTotalMs)
    throw new TypeError(`simulate: warmUp: expected less than the duration of ${durationTotalMs} ms, got ${printValue(warmUp)}`)
  const run = new SimulationRun({
    mesh,
    servers,
    arrivals,
    request,
    changes: changes.map(({ at, change }, i) => ({ atMs: finiteMs(at, `changes[${i}].at`), change })),
    clients: counted(clients, 'clients'),
    seed,
    window: { durationMs: durationTotalMs, warmUpMs, intervals: counted(intervals, 'intervals') },
    endingMs: finiteMs(ending, 'ending'),
  })
  return run.result()
}
