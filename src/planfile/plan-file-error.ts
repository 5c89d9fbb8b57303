import { ConfigError, type ConfigProblem } from '../errors/config-error.ts'

/** One thing that is wrong with a plan file. */
export interface PlanFileProblem extends ConfigProblem {
  /** The line in the file, from 1. */
  readonly line: number
  /** The column in the line, from 1, in UTF-16 code units. */
  readonly column: number
  /** How much of the line it concerns, in the same units; at least 1. */
  readonly length: number
}

/**
 * A plan file that cannot be used. It lists every problem at once, in the order of the file.
 *
 * @example
 * ```ts
 * import { PlanFileError, readPlanFile } from 'proxyless'
 *
 * try {
 *   console.log(Object.keys((await readPlanFile('mesh.yaml')).services))
 * } catch (error) {
 *   if (!(error instanceof PlanFileError)) throw error
 *   for (const { line, column, path, expected } of error.problems) console.error(`${error.file}:${line}:${column} ${path}: ${expected}`)
 * }
 * ```
 */
export class PlanFileError extends ConfigError {
  /** Always `'PlanFileError'`. */
  override readonly name: string = 'PlanFileError'
  /** The path of the file, as it was given. */
  readonly file: string
  /** Every problem, in the order of the file; at least one. */
  declare readonly problems: readonly PlanFileProblem[]

  /**
   * @param file see {@link PlanFileError.file}.
   * @param problems see {@link PlanFileError.problems}.
   */
  constructor(file: string, problems: readonly PlanFileProblem[], options?: ErrorOptions) {
    super(problems, options?.cause)
    this.file = file
    const lines = problems.map((problem) => problemLine(file, problem))
    this.message = lines.length === 1 ? (lines[0] as string) : `${lines.length} problems in ${file}:\n  ${lines.join('\n  ')}`
  }
}

/** A problem on one line, as compilers print it: `mesh.yaml:12:5 services.orders.deadline: expected ..., got ...`. */
export function problemLine(file: string, { path, line, column, expected, received }: PlanFileProblem): string {
  return `${file}:${line}:${column} ${path === '' ? '' : `${path}: `}expected ${expected}, got ${received}`
}
