import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'
import { findSnippets, type Snippet } from './snippets.ts'

const root = join(import.meta.dirname, '..', '..')

/** Compiles all snippets in one program, as modules of this repository that import the package by its name. */
function compile(snippets: readonly Snippet[]): Map<Snippet, string[]> {
  const { config, error } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  assert.equal(error, undefined)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const settings: ts.CompilerOptions = { ...options, noEmit: true, noUnusedLocals: false, noUnusedParameters: false }

  const virtual = new Map(snippets.map((snippet) => [join(root, `${snippet.source}.${snippet.line}.snippet.ts`), snippet]))
  const host = ts.createCompilerHost(settings)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (name) => virtual.has(name) || fileExists(name)
  host.readFile = (name) => virtual.get(name)?.code ?? readFile(name)
  host.getSourceFile = (name, language, ...rest) => {
    const snippet = virtual.get(name)
    return snippet === undefined ? getSourceFile(name, language, ...rest) : ts.createSourceFile(name, snippet.code, language)
  }

  const program = ts.createProgram([...virtual.keys()], settings, host)
  return new Map(
    [...virtual].map(([name, snippet]) => {
      const diagnostics = ts.getPreEmitDiagnostics(program, program.getSourceFile(name))
      return [snippet, diagnostics.map((diagnostic) => describe(snippet, diagnostic))]
    }),
  )
}

function describe(snippet: Snippet, diagnostic: ts.Diagnostic): string {
  const line = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0
  return `${snippet.source}:${line + 1}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`
}

const compiled = compile(findSnippets(root))

test('the documentation has examples', () => {
  assert.ok(compiled.size > 10, `only ${compiled.size} blocks of TypeScript were found`)
})

for (const [snippet, problems] of compiled) {
  test(`the example at ${snippet.source}:${snippet.line} compiles`, () => {
    assert.deepEqual(problems, [])
  })
}
