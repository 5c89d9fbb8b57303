import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** Each room of `src/` and its level: a file imports from its own room and from lower levels, so rooms of one level do not know each other. */
const levels: Readonly<Record<string, number>> = {
  runtime: 0,
  errors: 1,
  endpoint: 2,
  call: 3,
  transport: 4,
  telemetry: 4,
  // The other end: what a server hears of its caller, and says of itself.
  inbound: 4,
  // An entry point of its own: it starts an SDK, which the rest of the mesh only finds.
  tracing: 5,
  // Tells of calls by what they remember.
  records: 5,
  discovery: 5,
  balancing: 5,
  health: 5,
  policies: 5,
  routing: 6,
  fetch: 6,
  // Reads bodies, origins and call options with the files of the fetch door.
  dispatcher: 6.2,
  // The testing kit may use everything but the assembled mesh, and nobody uses it.
  testing: 6.5,
  mesh: 7,
  // Reads what a mesh tells of itself, and writes it down for others; the admin page hands that out.
  metrics: 7.4,
  // Plans from files: it makes what `net.apply` takes, and nobody in the mesh knows it.
  planfile: 7.5,
  // What looks at a mesh from the outside.
  admin: 7.5,
  // src/index.ts itself.
  '': 8,
  // Programs for the command line.
  cli: 9,
}

/** The files that say what may be added to a room, and how. */
const seams: readonly string[] = [
  'balancing/balancer.ts',
  'balancing/load-meter.ts',
  'discovery/resolver.ts',
  'health/ejection-rule.ts',
  'health/health-board.ts',
  'policies/concurrency/concurrency-limit.ts',
  'policies/limit/quota-source.ts',
  'policies/policy.ts',
  'transport/transport.ts',
]

/** What reads time or chance of the host, and the only files that may. */
const ambient: Readonly<Record<string, readonly string[]>> = {
  'runtime/next-turn.ts': ['setImmediate'],
  'runtime/system-clock.ts': ['performance', 'node:perf_hooks', 'Date.now', 'setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'],
  'runtime/system-random.ts': ['Math.random'],
  // Letting promises settle takes a turn of the event loop.
  'testing/fake-clock.ts': ['setImmediate'],
}

const ambientNames: ReadonlySet<string> = new Set([
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
])
const ambientMembers: ReadonlySet<string> = new Set([
  'Date.now',
  'Math.random',
  'AbortSignal.timeout',
  'process.hrtime',
  'process.uptime',
  'crypto.randomUUID',
  'crypto.getRandomValues',
  'Atomics.wait',
])
const ambientModules: ReadonlySet<string> = new Set([
  'node:timers',
  'node:timers/promises',
  'node:perf_hooks',
  'timers',
  'timers/promises',
  'perf_hooks',
])

const root = fileURLToPath(new URL('../src', import.meta.url))

interface Import {
  readonly specifier: string
  /** `import type`: gone at run time. One with only `type` names in its braces is not. */
  readonly typeOnly: boolean
}

interface Source {
  /** Relative to `src/`. */
  readonly path: string
  readonly room: string
  readonly text: string
  readonly tree: ts.SourceFile
  readonly imports: readonly Import[]
}

function* walk(node: ts.Node): Generator<ts.Node> {
  yield node
  const children: ts.Node[] = []
  ts.forEachChild(node, (child) => void children.push(child))
  for (const child of children) yield* walk(child)
}

function importOf(node: ts.Node): Import | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, typeOnly: node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword }
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly }
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [specifier] = node.arguments
    return specifier !== undefined && ts.isStringLiteral(specifier) ? { specifier: specifier.text, typeOnly: false } : undefined
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
    return { specifier: node.argument.literal.text, typeOnly: true }
  }
  return undefined
}

function readSource(path: string, text: string): Source {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
  const imports = [...walk(tree)].map(importOf).filter((found) => found !== undefined)
  return { path, room: dirname(path).split('/')[0]?.replace('.', '') ?? '', text, tree, imports }
}

const sources: readonly Source[] = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .sort()
  .map((path) => readSource(path, readFileSync(join(root, path), 'utf8')))
const byPath: ReadonlyMap<string, Source> = new Map(sources.map((source) => [source.path, source]))

/** The file of `src/` that an import leads to. */
function target(from: Source, { specifier }: Import): string | undefined {
  return specifier.startsWith('.') ? join(dirname(from.path), specifier) : undefined
}

/** What is wrong with the imports of a file. */
function importProblems(source: Source): string[] {
  const problems: string[] = []
  for (const found of source.imports) {
    const path = target(source, found)
    if (path === undefined) {
      if (found.specifier === 'node:test' && source.room !== 'testing') problems.push(`${source.path}: only testing/ may use node:test`)
      continue
    }
    const to = byPath.get(path)
    if (to === undefined) {
      problems.push(`${source.path}: ${found.specifier} is no file of src/`)
      continue
    }
    const [own, other] = [levels[source.room], levels[to.room]]
    if (to.room === source.room || own === undefined || other === undefined) continue
    if (to.room === 'testing') problems.push(`${source.path}: imports ${to.path}: nothing in src/ may use the testing kit`)
    else if (other >= own)
      problems.push(`${source.path}: imports ${to.path}: ${source.room}/ (level ${own}) may not know ${to.room}/ (level ${other})`)
  }
  return problems
}

/** The uses of the host's time and chance in a file. Comments, texts, types and names of members do not count. */
function ambientUses({ tree, imports }: Source): string[] {
  const uses = imports.map(({ specifier }) => specifier).filter((specifier) => ambientModules.has(specifier))
  for (const node of walk(tree)) {
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      const member = `${node.expression.text}.${node.name.text}`
      if (ambientMembers.has(member)) uses.push(member)
      if (node.expression.text === 'globalThis' && ambientNames.has(node.name.text)) uses.push(node.name.text)
    }
    // Reading a date out of a text is no use of the clock; asking for the present one is.
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) uses.push('new Date()')
    if (ts.isCallExpression(node) && node.expression.getText() === 'Date') uses.push('Date()')
    if (ts.isIdentifier(node) && ambientNames.has(node.text) && isReference(node)) uses.push(node.text)
  }
  return uses
}

/** Whether an identifier stands for a variable, and not for a member, a key or a type. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isQualifiedName(parent) || ts.isTypeReferenceNode(parent) || ts.isTypeQueryNode(parent)) return false
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  return !(
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isGetAccessorDeclaration(parent)
  )
}

/** Files that import each other in a circle at run time, as paths that end where they begin. */
function cycles(): string[] {
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
    if (trail.includes(path) || done.has(path)) return
    const source = byPath.get(path)
    for (const each of source?.imports ?? []) {
      const to = each.typeOnly || source === undefined ? undefined : target(source, each)
      if (to !== undefined) visit(to, [...trail, path])
    }
    done.add(path)
  }
  for (const { path } of sources) visit(path, [])
  return found
}

/** The admin page runs in a browser, which has no other clock than its own. */
function runsInTheMesh({ path }: Source): boolean {
  return !path.startsWith('admin/page/')
}

test('there is something to check', () => {
  assert.ok(sources.length > 40)
  assert.ok(sources.some(({ imports }) => imports.length > 3))
})

test('every room has its level', () => {
  assert.deepEqual(
    [...new Set(sources.map(({ room }) => room))].filter((room) => levels[room] === undefined),
    [],
  )
})

test('a file imports from its own room and from lower levels only', () => {
  assert.deepEqual(sources.flatMap(importProblems), [])
})

test('files do not import each other in a circle', () => {
  assert.deepEqual(cycles(), [])
})

test('nothing but the system clock and the system random reads time or chance of the host', () => {
  const problems = sources.filter(runsInTheMesh).flatMap((source) => {
    const allowed = ambient[source.path] ?? []
    return ambientUses(source)
      .filter((use) => !allowed.includes(use))
      .map((use) => `${source.path}: ${use}`)
  })
  assert.deepEqual(problems, [])
})

test('every exception for time and chance is needed', () => {
  for (const [path, allowed] of Object.entries(ambient)) {
    const source = byPath.get(path)
    assert.ok(source !== undefined, `${path} is gone`)
    const uses = ambientUses(source)
    assert.deepEqual(
      allowed.filter((name) => !uses.includes(name)),
      [],
      path,
    )
  }
})

test('no file is longer than 300 lines', () => {
  // The list of public names is looked up, not read.
  const long = sources
    .filter(({ path }) => path !== 'index.ts')
    .map(({ path, text }) => `${path}: ${text.trimEnd().split('\n').length}`)
    .filter((line) => Number(line.split(': ')[1]) > 300)
  assert.deepEqual(long, [])
})

test('the components of the admin page keep the same limit, and import nothing that a browser does not have', () => {
  const page = readdirSync(join(root, 'admin', 'page')).filter((name) => name.endsWith('.tsx'))
  assert.ok(page.length > 5)
  for (const name of page) {
    const source = readSource(`admin/page/${name}`, readFileSync(join(root, 'admin', 'page', name), 'utf8'))
    assert.ok(source.text.split('\n').length <= 300, name)
    const foreign = source.imports.filter(({ specifier, typeOnly }) => !typeOnly && !/^(\.{1,2}\/|preact)/.test(specifier))
    assert.deepEqual(foreign, [], name)
  }
})

test('a file says in its name what it is about', () => {
  const vague = sources.filter(({ path }) => path.split('/').some((part) => /^(utils?|helpers?|common|misc|shared|lib)(\.ts)?$/.test(part)))
  const spelled = sources.filter(({ path }) => !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/.test(path))
  assert.deepEqual(
    [...vague, ...spelled].map(({ path }) => path),
    [],
  )
})

test('there is no barrel inside a room, and every public name is listed by hand', () => {
  const barrels = sources
    .map(({ path }) => path)
    .filter((path) => basename(path) === 'index.ts' && !['.', 'admin', 'metrics', 'testing', 'tracing'].includes(dirname(path)))
  const stars = sources.filter(({ tree }) =>
    tree.statements.some((node) => ts.isExportDeclaration(node) && (!node.exportClause || ts.isNamespaceExport(node.exportClause))),
  )
  assert.deepEqual([barrels, stars.map(({ path }) => path)], [[], []])
})

test('every seam opens with what its room decides, what it never knows, and an example', () => {
  for (const path of seams) {
    const source = byPath.get(path)
    assert.ok(source !== undefined, `${path} is gone`)
    const opening = /^\/\*\*\n(?: \*.*\n)+? \*\/\n(?=import|export)/.exec(source.text)?.[0] ?? ''
    assert.ok(opening.split('\n').length >= 10, `${path}: its module comment has ${opening.split('\n').length} lines`)
    assert.match(opening, /@example\n \* ```ts/, path)
    assert.match(opening, /never|need not/, `${path}: what it never knows`)
    assert.match(opening, /To add one|rules for an implementation/, `${path}: how to add one`)
  }
  const rooms = new Set(sources.map(({ room }) => room))
  const without = ['transport', 'discovery', 'balancing', 'health', 'policies'].filter(
    (room) => rooms.has(room) && !seams.some((path) => path.startsWith(`${room}/`)),
  )
  assert.deepEqual(without, [], 'these rooms have no seam in the table')
})

test('the checks see what they are there for', () => {
  const check = (path: string, text: string) => readSource(path, text)
  assert.equal(importProblems(check('balancing/x.ts', `import { retry } from '../policies/policy.ts'`)).length, 1)
  assert.equal(importProblems(check('balancing/x.ts', `import type { Resolver } from '../discovery/resolver.ts'`)).length, 1)
  assert.equal(importProblems(check('call/x.ts', `export type { Host } from '../discovery/resolver.ts'`)).length, 1)
  assert.equal(importProblems(check('mesh/x.ts', `const { fakeClock } = await import('../testing/fake-clock.ts')`)).length, 1)
  assert.equal(importProblems(check('mesh/x.ts', `let x: import('../nowhere.ts').X`)).length, 1)
  assert.deepEqual(importProblems(check('balancing/x.ts', `import type { Call } from '../call/call.ts'`)), [])
  const uses = (text: string) => ambientUses(check('x.ts', text))
  assert.deepEqual(uses(`setTimeout(f, 5); globalThis.setTimeout(f); const t = Math.random() + Date.now()`), [
    'setTimeout',
    'setTimeout',
    'Math.random',
    'Date.now',
  ])
  assert.deepEqual(uses(`const a = { setTimeout, now: performance }; new Date(); Date()`), [
    'setTimeout',
    'performance',
    'new Date()',
    'Date()',
  ])
  assert.deepEqual(uses(`import { setTimeout as sleep } from 'node:timers/promises'`), ['node:timers/promises', 'setTimeout'])
  assert.deepEqual(
    uses(`// setTimeout\nconst x = 'setTimeout'; clock.setTimeout; let y: ReturnType<typeof setTimeout>; Date.parse(x); new Date(5)`),
    [],
  )
})
