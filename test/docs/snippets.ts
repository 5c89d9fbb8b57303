import { globSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import ts from 'typescript'

/** A block of TypeScript in the documentation. */
export interface Snippet {
  /** The file that it stands in, from the root of the repository. */
  readonly source: string
  /** The line of the fence, from 1. */
  readonly line: number
  /** What to compile. Its lines have the same numbers as in the source, so that a message points there. */
  readonly code: string
}

interface Prose {
  readonly source: string
  readonly lines: readonly string[]
  /** The line before the first one of `lines`. */
  readonly offset: number
}

/**
 * Finds every block fenced as `ts` in what people read: doc comments of `src`, and the pages in Markdown.
 *
 * A block compiles by itself. One that goes on where the block before it ended is fenced `ts continued`.
 */
export function findSnippets(root: string): Snippet[] {
  const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root, exclude: ['docs/api/**'] })
  const sources = globSync('src/**/*.ts', { cwd: root })
  const prose = [
    ...pages.map((source) => ({ source, offset: 0, lines: readFileSync(join(root, source), 'utf8').split('\n') })),
    ...sources.flatMap((source) => docComments(source, readFileSync(join(root, source), 'utf8'))),
  ]
  return prose.flatMap(snippetsOf).toSorted((a, b) => a.source.localeCompare(b.source) || a.line - b.line)
}

function docComments(source: string, text: string): Prose[] {
  const file = ts.createSourceFile(source, text, ts.ScriptTarget.Latest, true)
  const found = new Map<number, Prose>()
  const visit = (node: ts.Node): void => {
    for (const { pos, end } of ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []) {
      const comment = text.slice(pos, end)
      if (!comment.startsWith('/**')) continue
      const lines = comment.split('\n').map((line) => line.replace(/^\s*\*( |$)/, ''))
      found.set(pos, { source, lines, offset: file.getLineAndCharacterOfPosition(pos).line })
    }
    for (const child of node.getChildren(file)) if (child.kind !== ts.SyntaxKind.JSDoc) visit(child)
  }
  visit(file)
  return [...found.values()]
}

function snippetsOf({ source, lines, offset }: Prose): Snippet[] {
  const snippets: Snippet[] = []
  let before: readonly string[] = []
  let open: { readonly at: number; readonly end: string } | undefined
  for (const [at, line] of lines.entries()) {
    if (open === undefined) {
      const fence = /^(\s*)```ts( continued)?\s*$/.exec(line)
      if (fence === null) continue
      open = { at, end: `${fence[1]}\`\`\`` }
      if (fence[2] === undefined) before = []
    } else if (line.trimEnd() === open.end) {
      const blank = Array<string>(open.at + 1 - before.length).fill('')
      before = [...before, ...blank, ...lines.slice(open.at + 1, at)]
      const code = [...Array<string>(offset).fill(''), ...before, 'export {}', ''].join('\n')
      snippets.push({ source: source.replaceAll(sep, '/'), line: offset + open.at + 1, code })
      open = undefined
    }
  }
  if (open !== undefined) throw new Error(`${source}:${offset + open.at + 1}: the block of code never ends`)
  return snippets
}
