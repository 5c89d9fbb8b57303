import assert from 'node:assert/strict'
import { constants, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { nodeProgram, nodeVersions } from './node-versions.ts'
import { npm } from './npm.ts'
import { packPackage, root } from './packed-package.ts'
import { type RunOptions, runToSuccess } from './run-program.ts'
import { checkDispatcherIsKept, checkNoDispatcherIsSet, undiciCopies } from './undici-copies.ts'

const folder = mkdtempSync(join(tmpdir(), 'proxyless-consumer-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const tarball = await packPackage(folder)
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
/** Every program here needs far less than a second on an idle machine; what holds it would hold it for ever, or for minutes. */
const program = { withinMs: 120_000 }

/** An empty project that installs the tarball, as somebody who runs that version of Node would. */
async function consumer(version: string, node: string): Promise<string> {
  const project = join(folder, version)
  const [major] = version.split('.')
  const dependencies = { proxyless: `file:${tarball.file}`, '@types/node': `^${major}`, ...undiciCopies }
  mkdirSync(project)
  cpSync(join(import.meta.dirname, 'fixtures'), project, { recursive: true })
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  await npm(node, ['install', '--engine-strict'], project)
  return project
}

for (const version of nodeVersions) {
  test(`Node ${version}`, async (t) => {
    const node = await nodeProgram(version)
    const project = await consumer(version, node)
    const here: RunOptions = { cwd: project, ...program }
    const runsToItsEnd = async (file: string): Promise<void> => {
      assert.equal((await runToSuccess(node, [file], here)).output, 'done\n')
    }

    await t.test('an ESM program calls two servers, closes and ends', () => runsToItsEnd('plain.mjs'))
    await t.test('a CommonJS program requires the package', () => runsToItsEnd('required.cjs'))
    await t.test('a program that forgets to close ends by itself', () => runsToItsEnd('forgets-to-close.mjs'))
    await t.test('tracing without the packages of OpenTelemetry names them', () => runsToItsEnd('tracing.mjs'))
    await t.test('the admin page and proxyless top work from the package', () => runsToItsEnd('admin.mjs'))
    await t.test('a TypeScript program runs as it is', () => runsToItsEnd('typed.ts'))
    await t.test('TypeScript programs compile with the DOM types or without, and run', async () => {
      for (const config of ['tsconfig.json', 'tsconfig.no-dom.json']) {
        await runToSuccess(process.execPath, [compiler, '-p', config], { cwd: project, withinMs: 300_000 })
      }
      await runsToItsEnd('out/typed.js')
      await runsToItsEnd('out/typed-require.cjs')
    })

    await t.test('the command of the package checks a plan file', async () => {
      writeFileSync(join(project, 'mesh.yaml'), "services: { orders: { resolve: { fixed: ['http://127.0.0.1:80'] } } }\n")
      const command = join('node_modules', 'proxyless', 'dist', 'cli', 'main.js')
      assert.equal((await runToSuccess(node, [command, 'check', 'mesh.yaml'], here)).output, 'mesh.yaml: ok, 1 service: orders\n')
      await access(join(project, 'node_modules', '.bin', 'proxyless'), constants.X_OK)
      await access(join(project, 'node_modules', 'proxyless', 'schema', 'mesh.schema.json'))
    })

    const setting = { node, project, subject: 'proxyless' }
    await t.test('importing the package sets no global dispatcher', () => checkNoDispatcherIsSet(setting))
    for (const copy of Object.keys(undiciCopies)) {
      await t.test(`importing the package keeps the dispatcher set through ${copy}`, () => checkDispatcherIsKept(setting, copy))
    }
  })
}
