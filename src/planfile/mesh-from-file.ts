import type { Mesh } from '../mesh/mesh.ts'
import { mesh } from '../mesh/mesh-builder-impl.ts'
import type { MeshOptions } from '../mesh/mesh-options.ts'
import { type WatchPlanFileOptions, watchPlanFile } from './watch-plan-file.ts'

/** What {@link meshFromFile} takes beside the file. */
export interface MeshFromFileOptions extends WatchPlanFileOptions {
  /** As for {@link mesh}; `name` and `outbound` count only if the file does not say them. */
  readonly mesh?: MeshOptions | undefined
}

/**
 * Starts a mesh whose plan is a file, and goes on applying the file whenever it changes, see {@link watchPlanFile}.
 *
 * @param path of the file.
 * @param options see {@link MeshFromFileOptions}.
 * @returns the mesh, with the plan in force.
 * @throws PlanFileError when the file cannot be used; then nothing was started. ConfigError when an option is wrong.
 * @example
 * ```ts
 * import { meshFromFile } from 'proxyless'
 *
 * await using net = await meshFromFile('/etc/app/mesh.yaml', { functions: { tenant: (call) => call.path.split('/')[1] } })
 * const order = await net.fetch('http://orders/v1/42')
 * console.log(order.status)
 * ```
 */
export async function meshFromFile(path: string, options: MeshFromFileOptions = {}): Promise<Mesh> {
  const { mesh: meshOptions, ...watching } = options
  const net = mesh(meshOptions).build()
  try {
    await watchPlanFile(net, path, watching)
  } catch (error) {
    await net.close()
    throw error
  }
  return net
}
