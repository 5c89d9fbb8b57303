import { join } from 'node:path'
import { npm } from './npm.ts'

/** The root of the repository. */
export const root = join(import.meta.dirname, '..', '..')

/** What `npm pack` says about the tarball. */
export interface Tarball {
  /** Where it is. */
  readonly file: string
  /** Paths in it, without the leading `package/`. */
  readonly paths: readonly string[]
}

/** Packs what `npm run build` has built, as `npm publish` would. */
export async function packPackage(into: string): Promise<Tarball> {
  // Both scripts that need the tarball have built it already; packing must not build it again under the feet of another test.
  const printed = await npm(process.execPath, ['pack', '--json', '--ignore-scripts', '--pack-destination', into], root)
  const [packed] = JSON.parse(printed) as [{ filename: string; files: { path: string }[] }]
  return { file: join(into, packed.filename), paths: packed.files.map(({ path }) => path).toSorted() }
}
