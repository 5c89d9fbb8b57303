import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { ConfigError } from '../errors/config-error.ts'
import { PlanFileError, type PlanFileProblem, problemLine } from '../planfile/plan-file-error.ts'
import type { PlanFileParts } from '../planfile/plan-file-parts.ts'
import { type PlanFileOptions, readPlanFile } from '../planfile/read-plan-file.ts'
import { codeFrame, printable } from './code-frame.ts'
import type { Command, CommandOutput } from './command.ts'

const usage = `proxyless check [options] FILE...

Checks plan files as the mesh would, and starts nothing. Prints every problem with its line, and ends with 1 if there are any.

  --json          print JSON: { ok, files: [{ file, ok, services, problems: [{ line, column, length, path, expected, received }] }] }
  --with MODULE   what the program hands in to name in its files (balancers, functions, ...): the module's default export, or its exports
  --no-secrets    do not look for the certificates and keys that the files point to
  --format FORMAT json or yaml; otherwise the name of the file says
  --max-bytes N   how large a file may be
`

/** What became of a file. */
interface Checked {
  readonly file: string
  readonly ok: boolean
  readonly services: readonly string[]
  readonly problems: readonly PlanFileProblem[]
}

async function run(args: readonly string[], output: CommandOutput): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      with: { type: 'string' },
      'no-secrets': { type: 'boolean', default: false },
      format: { type: 'string' },
      'max-bytes': { type: 'string' },
    },
  })
  if (positionals.length === 0) throw new TypeError('expected at least one file')
  const parts = values.with === undefined ? {} : await partsOf(values.with)
  const options = {
    ...parts,
    secrets: !values['no-secrets'],
    // Checked with the other options, below.
    format: values.format as PlanFileOptions['format'],
    ...(values['max-bytes'] !== undefined && { maxBytes: Number(values['max-bytes']) }),
  }
  const files: Checked[] = []
  for (const file of positionals) files.push(await check(file, options))
  if (values.json) output.print(`${JSON.stringify({ ok: files.every(({ ok }) => ok), files }, null, 2)}\n`)
  else for (const file of files) await report(file, output)
  return files.every(({ ok }) => ok) ? 0 : 1
}

async function check(file: string, options: PlanFileOptions): Promise<Checked> {
  try {
    const plan = await readPlanFile(file, options)
    return { file, ok: true, services: Object.keys(plan.services), problems: [] }
  } catch (error) {
    if (!(error instanceof PlanFileError)) throw error
    return { file, ok: false, services: [], problems: error.problems }
  }
}

async function report({ file, ok, services, problems }: Checked, output: CommandOutput): Promise<void> {
  if (ok) {
    output.print(`${file}: ok, ${counted(services.length, 'service')}${services.length === 0 ? '' : `: ${services.join(', ')}`}\n`)
    return
  }
  const text = await readFile(file, 'utf8').catch(() => '')
  const lines = text.split('\n')
  for (const problem of problems) {
    output.print(`${printable(problemLine(file, problem))}\n${codeFrame(lines[problem.line - 1], problem)}\n`)
  }
  output.print(`${file}: ${counted(problems.length, 'problem')}\n`)
  if (problems.some(({ expected }) => /(that|what) the program hands in/.test(expected)))
    output.print('What the program hands in is known to this command by --with MODULE, see --help.\n')
}

/** The tables that a module exports. */
async function partsOf(path: string): Promise<PlanFileParts> {
  const module = (await import(pathToFileURL(resolve(path)).href)) as PlanFileParts & { readonly default?: PlanFileParts }
  const { resolvers, balancers, meters, limits, quotas, policies, functions } = module.default ?? module
  return { resolvers, balancers, meters, limits, quotas, policies, functions }
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}

/** `proxyless check`. */
export const command: Command = {
  summary: 'checks plan files, and prints every problem with its line',
  usage,
  async run(args, output) {
    try {
      return await run(args, output)
    } catch (error) {
      if (!ConfigError.is(error) && !(error instanceof TypeError) && !isNotFound(error)) throw error
      output.complain(`${(error as Error).message}\n\n${usage}`)
      return 2
    }
  },
}

/** Whether the module that was named is not there. */
function isNotFound(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_MODULE_NOT_FOUND'
}
