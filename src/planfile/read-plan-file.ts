import { open, readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ConfigError } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import type { MeshPlan } from '../mesh/plan.ts'
import { PlanFileError } from './plan-file-error.ts'
import type { PlanFileParts } from './plan-file-parts.ts'
import { type PlanFileFormat, type ReadText, readPlanText, type TextReading } from './read-plan-text.ts'

/** How a plan file is read. Every option has a default, see {@link planFileDefaults}. */
export interface PlanFileOptions extends PlanFileParts {
  /** How the file is written. @defaultValue `'json'` when its name ends in `.json`, else `'yaml'` */
  readonly format?: PlanFileFormat | undefined
  /** A file larger than this many bytes is refused unread. @defaultValue {@link planFileDefaults}.maxBytes, 256 KiB */
  readonly maxBytes?: number | undefined
  /**
   * Whether the certificates and keys are read that the file points to. `false` leaves them out of the plan: for a look at a file on a machine
   * that has no secrets.
   *
   * @defaultValue {@link planFileDefaults}.secrets
   */
  readonly secrets?: boolean | undefined
}

/** The defaults of {@link PlanFileOptions}. So much YAML, which is some thousand services, is read in half a second, in which the process does nothing else. */
export const planFileDefaults = Object.freeze({ maxBytes: 256 * 1024, secrets: true } as const)

/** What a file says about the mesh wins; this is for what it leaves open. */
export type OwnSettings = TextReading['own']

/**
 * Reads a plan file once: JSON or YAML, see docs/plan-files.md.
 *
 * @param path of the file.
 * @param options see {@link PlanFileOptions}.
 * @returns a finished plan, as `builder.plan()` gives it, for `net.apply`.
 * @throws PlanFileError with every problem, each with its line and column. ConfigError when an option is wrong.
 * @example
 * ```ts
 * import { type Mesh, readPlanFile } from 'proxyless'
 *
 * export async function reload(net: Mesh): Promise<void> {
 *   net.apply(await readPlanFile('mesh.yaml'))
 * }
 * ```
 */
export async function readPlanFile(path: string, options: PlanFileOptions = {}): Promise<MeshPlan> {
  checkOptions(path, options)
  return (await makePlan(path, await readPlanBytes(path, options), options, {})).plan
}

/** @throws ConfigError when an option is wrong, which only untyped code can bring about. */
export function checkOptions(path: unknown, options: PlanFileOptions): void {
  const { maxBytes = planFileDefaults.maxBytes, format } = options
  const wrong = (field: string, expected: string, value: unknown) => {
    throw new ConfigError([{ path: field, expected, received: printValue(value) }])
  }
  if (typeof path !== 'string' || path === '') wrong('plan file', 'the path of a file', path)
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) wrong('plan file: maxBytes', 'an integer in [1, Infinity)', maxBytes)
  if (format !== undefined && format !== 'json' && format !== 'yaml') wrong('plan file: format', "one of 'json', 'yaml'", format)
}

/**
 * The text of a plan file.
 *
 * @throws PlanFileError when it cannot be read, or is too large.
 */
export async function readPlanBytes(path: string, { maxBytes = planFileDefaults.maxBytes }: PlanFileOptions): Promise<string> {
  const refuse = (expected: string, received: string, options?: ErrorOptions) =>
    new PlanFileError(path, [{ path: '', expected, received, line: 1, column: 1, length: 1 }], options)
  try {
    const handle = await open(path, 'r')
    try {
      const stats = await handle.stat()
      if (!stats.isFile()) throw refuse('a regular file', stats.isDirectory() ? 'a folder' : 'something else')
      // Read up to a byte more than allowed: the file may grow meanwhile, and some have no size before they are read.
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(Math.min(maxBytes, stats.size + 65_536) + 1), 0)
      if (stats.size > maxBytes || bytesRead > maxBytes) {
        throw refuse(`at most ${maxBytes} bytes (see maxBytes)`, `${Math.max(stats.size, bytesRead)} bytes`)
      }
      const text = new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead))
      return text
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof PlanFileError) throw error
    if (error instanceof TypeError) throw refuse('text in UTF-8', 'other bytes', { cause: error })
    throw refuse('a file that can be read', error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/**
 * Makes a plan of a text.
 *
 * @throws PlanFileError with every problem.
 */
export function makePlan(
  file: string,
  text: string,
  { format, secrets: readsSecrets = planFileDefaults.secrets, ...parts }: PlanFileOptions,
  own: OwnSettings,
  readSecret: TextReading['readSecret'] = (source) => readText(source, file),
): Promise<ReadText> {
  return readPlanText(text, { file, format, parts, readsSecrets, own, readSecret })
}

/** The text that a file points to, as `file:path` or `env:NAME`; `undefined` when there is none. */
export async function readText(source: string, file: string): Promise<string | undefined> {
  const path = secretPath(source, file)
  if (path === undefined) return process.env[source.slice('env:'.length)]
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Which file that is; `undefined` for none. */
export function secretPath(source: string, file: string): string | undefined {
  return source.startsWith('file:') ? resolve(dirname(file), source.slice('file:'.length)) : undefined
}
