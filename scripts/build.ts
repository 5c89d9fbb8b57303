// Builds dist/ from src/: compiles, makes the declarations import what is there, and bundles the admin page.
//
// TypeScript rewrites './x.ts' to './x.js' in the JavaScript that it emits, and leaves it alone in declarations. TypeScript itself can read
// such declarations; other readers of declarations look for a file called x.ts, which is not in the package.
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { bundlePage } from './bundle-page.ts'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })

const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

for (const name of globSync('**/*.d.ts', { cwd: dist })) {
  const file = join(dist, name)
  const text = readFileSync(file, 'utf8')
  let rewritten = text
  for (const { fileName, pos } of ts.preProcessFile(text, true, false).importedFiles.toReversed()) {
    if (!/^\.\.?\/.*\.ts$/.test(fileName)) continue
    const end = text.indexOf(fileName, pos) + fileName.length
    rewritten = `${rewritten.slice(0, end - '.ts'.length)}.js${rewritten.slice(end)}`
  }
  if (rewritten !== text) writeFileSync(file, rewritten)
}

const page = join(dist, 'admin', 'page')
const { script, style } = await bundlePage()
mkdirSync(page, { recursive: true })
writeFileSync(join(page, 'page.js'), script)
writeFileSync(join(page, 'page.css'), style)
