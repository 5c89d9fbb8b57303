import { dirname, extname, resolve } from 'node:path'
import { ConfigError, type ConfigProblem } from '../errors/config-error.ts'
import type { MeshPlan } from '../mesh/plan.ts'
import { readPlan } from '../mesh/read-plan.ts'
import type { FileReading } from './file-reading.ts'
import { type Located, placeOf, TextLines } from './located.ts'
import { makeStrategy } from './make-strategy.ts'
import { PlanFileError, type PlanFileProblem } from './plan-file-error.ts'
import type { PlanFileParts } from './plan-file-parts.ts'
import { inTheFile, type PlanInput, planInput } from './plan-input.ts'
import { readJson } from './read-json.ts'
import { readYaml } from './read-yaml.ts'
import { resolvers } from './resolvers.ts'
import { type TextFault, UnreadableText } from './text-fault.ts'

/** How a plan file is written. */
export type PlanFileFormat = 'json' | 'yaml'

/** What a text is read with. */
export interface TextReading {
  /** The path of the file, for messages, and for what is relative to its folder. */
  readonly file: string
  readonly format: PlanFileFormat | undefined
  readonly parts: PlanFileParts
  readonly readsSecrets: boolean
  /** What the mesh is called, and what it does with other hosts, if the file does not say. */
  readonly own: { readonly name?: string | undefined; readonly outbound?: MeshPlan['outbound'] | undefined }
  /** Reads what the file points to. */
  readonly readSecret: (source: string) => Promise<string | undefined>
}

/** What came of a text. */
export interface ReadText {
  readonly plan: MeshPlan
  /** What the file points to. */
  readonly secrets: ReadonlyMap<string, string | undefined>
  /** Makes of what is found wrong with the plan later, an error that says where in the file that is. */
  readonly explain: (error: ConfigError) => PlanFileError
}

/**
 * Makes a plan of the text of a file.
 *
 * @throws PlanFileError with every problem.
 */
export async function readPlanText(text: string, options: TextReading): Promise<ReadText> {
  const root = await parse(text, options)
  const reader = resolvers((path) => resolve(dirname(options.file), path))
  const secrets = new Map<string, string | undefined>()
  for (;;) {
    const { parts, readsSecrets } = options
    const reading: FileReading = { parts, readsSecrets, makeStrategy, resolvers: reader, secrets, wanted: new Set(), problems: [] }
    const input = planInput(root, options.own, reading)
    if (reading.wanted.size === 0) {
      const explain = (error: ConfigError) => refusal(options.file, text, root, [...reading.problems, ...inThePlan(error, input)], error)
      return { plan: finish(input, reading.problems, explain), secrets, explain }
    }
    // What the file points to is known once it has been read: read that, and begin again.
    for (const source of reading.wanted) secrets.set(source, await options.readSecret(source))
  }
}

/** The format of a file, by its name unless something is said. */
export function formatOf({ file, format }: Pick<TextReading, 'file' | 'format'>): PlanFileFormat {
  return format ?? (extname(file).toLowerCase() === '.json' ? 'json' : 'yaml')
}

async function parse(text: string, options: TextReading): Promise<Located> {
  try {
    if (text.trim() === '') throw new UnreadableText([{ start: 0, end: 0, expected: 'a plan', received: 'an empty file' }])
    return formatOf(options) === 'json' ? readJson(text) : await readYaml(text)
  } catch (error) {
    if (!(error instanceof UnreadableText)) throw error
    throw unreadable(error, text, options.file)
  }
}

function unreadable(error: UnreadableText, text: string, file: string): PlanFileError {
  const faults = error.faults.map((fault) => ({ path: '', ...fault }))
  return new PlanFileError(file, located(faults, text), { cause: error })
}

function finish(input: PlanInput, problems: readonly ConfigProblem[], explain: ReadText['explain']): MeshPlan {
  try {
    const plan = readPlan(input.plan)
    if (problems.length === 0) return plan
  } catch (error) {
    throw ConfigError.is(error) ? explain(error) : error
  }
  throw explain(new ConfigError(problems))
}

/** What is wrong with a plan, by the paths that the file has. */
function inThePlan({ problems }: ConfigError, input: PlanInput): ConfigProblem[] {
  return problems.map((problem) => inTheFile(problem, input))
}

/** Problems with their places, in the order of the file and each once. */
function refusal(file: string, text: string, root: Located, problems: readonly ConfigProblem[], cause: unknown): PlanFileError {
  const placed = problems.map((problem) => ({
    ...problem,
    ...placeOf(root, problem.path, /^one of the (options|settings)/.test(problem.expected)),
  }))
  return new PlanFileError(file, located(placed, text), { cause })
}

function located(problems: readonly (ConfigProblem & TextFault)[], text: string): PlanFileProblem[] {
  const lines = new TextLines(text)
  const seen = new Set<string>()
  return problems
    .toSorted((left, right) => left.start - right.start)
    .filter(({ path, expected, start }) => !seen.has(`${path} ${expected} ${start}`) && seen.add(`${path} ${expected} ${start}`))
    .map(({ path, expected, received, start, end }) => {
      const newline = text.slice(start, end).search(/\r?\n/)
      return { path, expected, received, ...lines.at(start), length: Math.max(1, newline >= 0 ? newline : end - start) }
    })
}
