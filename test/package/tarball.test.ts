import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import ts from 'typescript'
import { packPackage, root } from '../consumer/packed-package.ts'

const folder = mkdtempSync(join(tmpdir(), 'proxyless-package-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const tarball = await packPackage(folder)
const declarations = tarball.paths.filter((path) => path.endsWith('.d.ts'))

/** Runs a program of a development dependency and gives what it printed when it failed. */
function complaints(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules', program), ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  })
  return status === 0 ? '' : `${stdout}${stderr}`
}

test('the tarball holds the build, the licence and what people read, and nothing else', () => {
  const outside = tarball.paths.filter((path) => !path.startsWith('dist/'))
  assert.deepEqual(outside, [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dashboards/alerts.yaml',
    'dashboards/proxyless.json',
    'package.json',
    'schema/mesh.schema.json',
  ])
  // The sources of the admin page are bundled.
  const sources = globSync('**/*.ts', { cwd: join(root, 'src'), exclude: ['admin/page/**'] })
  const modules = sources.map((path) => `dist/${path.slice(0, -3)}`)
  const page = ['dist/admin/page/page.css', 'dist/admin/page/page.js']
  const built = [...page, ...modules.flatMap((module) => [`${module}.js`, `${module}.js.map`, `${module}.d.ts`])].toSorted()
  assert.deepEqual(
    tarball.paths.filter((path) => path.startsWith('dist/')),
    built,
  )
})

test('what is built imports files of the package by the names that they have in it', () => {
  for (const path of tarball.paths.filter((name) => /\.(js|d\.ts)$/.test(name))) {
    const { importedFiles } = ts.preProcessFile(readFileSync(join(root, path), 'utf8'), true, true)
    for (const { fileName } of importedFiles.filter((file) => file.fileName.startsWith('.'))) {
      const imported = join(path, '..', fileName).replaceAll('\\', '/')
      assert.ok(imported.endsWith('.js') && tarball.paths.includes(imported), `${path} imports ${fileName}`)
    }
  }
})

test('nothing in the tarball names the machine that it was built on', () => {
  for (const path of tarball.paths) assert.ok(!readFileSync(join(root, path), 'utf8').includes(root), path)
})

test('the declarations compile by themselves, also where internal members were taken out', () => {
  const program = ts.createProgram(
    declarations.map((path) => join(root, path)),
    {
      noEmit: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      types: ['node'],
    },
  )
  const problems = program
    .getSourceFiles()
    .flatMap((file) => (file.fileName.includes('/dist/') ? ts.getPreEmitDiagnostics(program, file) : []))
  const ours = problems.filter(({ file }) => file?.fileName.startsWith(join(root, 'dist').replaceAll('\\', '/')))
  assert.equal(
    ts.formatDiagnostics(ours, { getCanonicalFileName: (name) => name, getCurrentDirectory: () => root, getNewLine: () => '\n' }),
    '',
  )
})

test('a bundler keeps what happens while the global dispatcher is guarded', () => {
  const { sideEffects } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { sideEffects: string[] }
  const guards = ['dist/transport/global-dispatcher-slots.js', 'dist/transport/load-undici.js']
  assert.deepEqual(
    sideEffects,
    guards.map((path) => `./${path}`),
  )
  for (const path of guards) assert.ok(tarball.paths.includes(path), path)
})

test('publint has nothing to say', () => {
  assert.equal(complaints('publint/src/cli.js', 'run', tarball.file, '--strict'), '')
})

test('every way of importing the package finds its types', () => {
  // The package is ESM only, and every Node that it supports can require() that. The rule left out is from before Node could. The profile
  // leaves out `moduleResolution: node10`, which knows no `exports` and is on its way out of TypeScript.
  const rules = ['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm', '--no-definitely-typed']
  assert.equal(complaints('@arethetypeswrong/cli/dist/index.js', ...rules, tarball.file), '')
})
