import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..', '..')
const examples = globSync('examples/[0-9][0-9]-*.ts', { cwd: root }).toSorted()

/** What an example says that it prints: lines of the form `// prints: text`. */
function promised(file: string): string[] {
  const lines = readFileSync(join(root, file), 'utf8').split('\n')
  return lines.flatMap((line) => /\/\/ prints: (.+)$/.exec(line)?.[1] ?? [])
}

test('there are examples', () => {
  assert.ok(examples.includes(join('examples', '00-quickstart.ts')), `examples/00-quickstart.ts is not among: ${examples.join(', ')}`)
})

test('each example has a number of its own, and a line in the list of them', () => {
  const list = readFileSync(join(root, 'examples', 'README.md'), 'utf8')
  const names = examples.map((path) => basename(path))
  assert.deepEqual(
    names.map((name) => Number(name.slice(0, 2))),
    names.map((_, i) => i),
  )
  assert.deepEqual(
    Array.from(list.matchAll(/\]\((\d\d-[^)]+)\)/g), ([, name]) => name),
    names,
  )
})

for (const example of examples) {
  test(`${example} runs to its end by itself and prints what it says`, { timeout: 240_000 }, async (t) => {
    const program = spawn(process.execPath, ['--import', './scripts/from-source.ts', example], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: t.signal,
    })
    const ended = new Promise<number | null>((resolve, reject) => {
      program.once('error', reject)
      program.once('close', resolve)
    })
    const [printed, complaints, code] = await Promise.all([text(program.stdout), text(program.stderr), ended])
    assert.equal(code, 0, `exit code ${code}\n${printed}\n${complaints}`)
    assert.notEqual(printed.trim(), '', 'it printed nothing')
    for (const line of promised(example)) assert.ok(printed.includes(line), `it did not print: ${line}\nbut:\n${printed}`)
  })
}
