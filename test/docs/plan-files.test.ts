import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { fixed, PlanFileError, type PlanFileParts, roundRobin } from '../../src/index.ts'
import { fileSlots } from '../../src/planfile/file-slots.ts'
import { readPlanText } from '../../src/planfile/read-plan-text.ts'
import { quota } from '../../src/quota.ts'

const root = join(import.meta.dirname, '..', '..')
const page = readFileSync(join(root, 'docs', 'plan-files.md'), 'utf8')

const parts: PlanFileParts = {
  resolvers: { registry: () => fixed(['http://127.0.0.1:80']) },
  balancers: { byTenant: () => roundRobin(), byUser: () => roundRobin() },
  quotas: { redis: quota },
  functions: { tenant: () => 'x' },
}

async function read(text: string): Promise<void> {
  await readPlanText(text, { file: 'mesh.yaml', format: 'yaml', parts, readsSecrets: false, own: {}, readSecret: async () => undefined })
}

test('the plan files that the documentation and the examples show can be used', async () => {
  const shown = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text as string)
  assert.ok(shown.length >= 2)
  const examples = globSync('examples/*.yaml', { cwd: root }).map((name) => readFileSync(join(root, name), 'utf8'))
  assert.ok(examples.length > 0)
  for (const text of [...shown, ...examples]) await read(text)
})

test('the pieces of plan files in the text can be used', async () => {
  const pieces = [...page.matchAll(/`(\w+): ([{[][^`]*[}\]])`/g)].filter(([, name]) => fileSlots.has(name as string))
  assert.ok(pieces.length >= 4, String(pieces.length))
  for (const [, name, value] of pieces) {
    if (name === 'use' || value?.includes('...')) continue
    await read(`services: { orders: { ${name === 'resolve' ? '' : 'resolve: { dns: orders }, '}${name}: ${value} } }`)
  }
})

test('the problem that the documentation shows is the one that is told', async () => {
  const text = 'services:\n  orders: { resolve: { dns: orders } }\ndefaults:\n  deadline: 2s\n\n  retry: { attemptTimeout: 4s }\n'
  assert.deepEqual(Object.keys(parse(text) as object), ['services', 'defaults'])
  await assert.rejects(read(text), (error) => {
    assert.ok(error instanceof PlanFileError)
    assert.ok(page.includes(error.message), error.message)
    return true
  })
})
