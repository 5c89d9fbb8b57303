import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('../../', import.meta.url))

const parsed = ts.parseJsonConfigFileContent(ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile).config, ts.sys, root)
const options: ts.CompilerOptions = { ...parsed.options, noEmit: true, noUnusedLocals: false }

/** Everything but the snippet itself is read once. */
const sources = new Map<string, ts.SourceFile | undefined>()

/** What the compiler makes of a program of one file. */
export interface Compiled {
  /** Its messages about that file, one text each. */
  readonly messages: readonly string[]
  /** How many types it had to instantiate: the compiler's own measure of its work. */
  readonly instantiations: number
}

/** Compiles a text as a file of this repository. Errors elsewhere do not count. */
export function compile(text: string): Compiled {
  const name = `${root}test/types/snippet.ts`
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile.bind(host)
  host.getSourceFile = (file, ...rest) => {
    if (file === name) return ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true)
    if (!sources.has(file)) sources.set(file, read(file, ...rest))
    return sources.get(file)
  }
  const exists = host.fileExists.bind(host)
  host.fileExists = (file) => file === name || exists(file)
  const program = ts.createProgram({ rootNames: [name], options, host })
  const source = program.getSourceFile(name)
  const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
  return {
    messages: found.map((one) => ts.flattenDiagnosticMessageText(one.messageText, '\n')),
    instantiations: program.getInstantiationCount(),
  }
}
