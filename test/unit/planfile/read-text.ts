import { PlanFileError, type PlanFileProblem } from '../../../src/planfile/plan-file-error.ts'
import type { PlanFileParts } from '../../../src/planfile/plan-file-parts.ts'
import { type ReadText, readPlanText } from '../../../src/planfile/read-plan-text.ts'

/** What a test's plan file is read with. */
export interface ReadTextOptions extends PlanFileParts {
  readonly file?: string
  readonly readsSecrets?: boolean
  readonly secrets?: Readonly<Record<string, string>>
}

/** Reads a text as if it stood in `/etc/app/mesh.yaml`. */
export function readText(text: string, options: ReadTextOptions = {}): Promise<ReadText> {
  const { file = '/etc/app/mesh.yaml', readsSecrets = true, secrets = {}, ...parts } = options
  return readPlanText(text, { file, format: undefined, parts, readsSecrets, own: {}, readSecret: async (source) => secrets[source] })
}

/** What is wrong with a text; nothing when it can be used. */
export async function problemsOf(text: string, options?: ReadTextOptions): Promise<readonly PlanFileProblem[]> {
  try {
    await readText(text, options)
    return []
  } catch (error) {
    if (error instanceof PlanFileError) return error.problems
    throw error
  }
}

/** The same as lines: `4:13 services.orders.deadline: expected`. */
export async function linesOf(text: string, options?: ReadTextOptions): Promise<string[]> {
  return (await problemsOf(text, options)).map(({ line, column, path, expected }) => `${line}:${column} ${path}: ${expected}`)
}
