import { ConfigError } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import type { Mesh } from '../mesh/mesh.ts'
import { MeshImpl } from '../mesh/mesh-impl.ts'
import { type Duration, durationExpectation, readDuration } from '../runtime/duration.ts'
import { PlanFileFollower } from './plan-file-follower.ts'
import { checkOptions, type PlanFileOptions } from './read-plan-file.ts'

/** How a plan file is watched. Every option has a default, see {@link watchPlanFileDefaults}. */
export interface WatchPlanFileOptions extends PlanFileOptions {
  /** How often to look whether the file changed, where the system does not tell of it. @defaultValue {@link watchPlanFileDefaults}.every */
  readonly every?: Duration | undefined
  /** Whether a file that is refused is told of by `process.emitWarning`, too. @defaultValue {@link watchPlanFileDefaults}.warn */
  readonly warn?: boolean | undefined
}

/** The defaults of {@link WatchPlanFileOptions}. */
export const watchPlanFileDefaults = Object.freeze({ every: '10s', warn: true } as const)

/** A plan file that is being watched; made by {@link watchPlanFile}. */
export interface PlanFileWatch extends Disposable {
  /** Stops watching. The plan that is in force stays. */
  close(): void
}

/**
 * Applies a plan file to a mesh, now and whenever it changes. The file says everything: services that are not in it are removed. Only the
 * name of the mesh, and `outbound`, stay as they are if it does not say them.
 *
 * A file that cannot be used changes nothing: the event `plan-refused` and a warning of the process say why, and the plan that was in force goes
 * on. It is looked at again within half a second first, for it may be half-written. A text that says what is in force already applies nothing.
 * Watching ends with the mesh, and keeps no process alive.
 *
 * @param net the mesh.
 * @param path of the file. It may be replaced by renaming, and may be a link, as in a Kubernetes ConfigMap.
 * @param options see {@link WatchPlanFileOptions}.
 * @returns resolves when the file is in force for the first time.
 * @throws PlanFileError when the file cannot be used at the start; then nothing has changed, and it is not watched. ConfigError when an option is wrong.
 * @example
 * ```ts
 * import { mesh, watchPlanFile } from 'proxyless'
 *
 * const net = mesh({ name: 'checkout' }).build()
 * net.on('plan-refused', ({ problems }) => console.error(problems))
 * await watchPlanFile(net, '/etc/app/mesh.yaml')
 * const order = await net.fetch('http://orders/v1/42')
 * ```
 */
export async function watchPlanFile(net: Mesh, path: string, options: WatchPlanFileOptions = {}): Promise<PlanFileWatch> {
  checkOptions(path, options)
  const everyMs = readDuration(options.every ?? watchPlanFileDefaults.every)
  if (everyMs === undefined || everyMs === 0) {
    const expected = `${durationExpectation}, in (0, Infinity]`
    throw new ConfigError([{ path: 'plan file: every', expected, received: printValue(options.every) }])
  }
  if (!(net instanceof MeshImpl)) {
    throw new ConfigError([{ path: 'plan file: net', expected: 'a mesh, as build() gives it', received: printValue(net) }])
  }
  const { warn = watchPlanFileDefaults.warn } = options
  const follower = new PlanFileFollower(net, path, { ...options, everyMs, warn })
  await follower.begin()
  return follower
}
