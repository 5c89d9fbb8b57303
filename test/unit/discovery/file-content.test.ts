import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { file, fileDefaults } from '../../../src/discovery/file.ts'
import { readContent, readText } from '../../../src/discovery/file-content.ts'
import { temporaryFolder } from '../../servers/server-kit.ts'

const json = (value: unknown) => readContent(JSON.stringify(value), 'json', 'x.json', 'orders')
const yaml = (text: string) => readContent(text, 'yaml', 'x.yaml', 'orders')

test('a list, an object with endpoints, and an object by service are read', async () => {
  assert.deepEqual(await json(['http://10.0.0.1']), ['http://10.0.0.1'])
  assert.deepEqual(await json({ endpoints: [{ url: 'http://10.0.0.1', weight: 2 }] }), [{ url: 'http://10.0.0.1', weight: 2 }])
  assert.deepEqual(await json({ services: { orders: ['http://10.0.0.1'], stock: [] } }), ['http://10.0.0.1'])
  assert.deepEqual(await json({ services: { orders: { endpoints: ['http://10.0.0.1'] } } }), ['http://10.0.0.1'])
})

test('YAML is read, and JSON as YAML', async () => {
  assert.deepEqual(await yaml('- http://10.0.0.1:80\n- url: http://10.0.0.2:80\n  labels: { version: v2 }\n'), [
    'http://10.0.0.1:80',
    { url: 'http://10.0.0.2:80', labels: { version: 'v2' } },
  ])
  assert.deepEqual(await yaml('{"endpoints":["http://10.0.0.1"]}'), ['http://10.0.0.1'])
})

test('a service that is not named is absent, and one without endpoints is empty', async () => {
  assert.deepEqual(await yaml('services:\n  stock:\n    - http://10.0.0.1\n'), { kind: 'absent' })
  assert.deepEqual(await yaml('services:\n  orders:\n'), [])
  assert.deepEqual(await json({ services: {} }), { kind: 'absent' })
})

test('whatever else it is, the error names the file and what was expected', async () => {
  await assert.rejects(readContent('{"endpoints": [', 'json', '/etc/x.json', 'orders'), /file \/etc\/x\.json: expected JSON: /)
  await assert.rejects(yaml('a: [1'), /file x\.yaml: expected YAML: /)
  await assert.rejects(yaml(''), /file x\.yaml: expected a list of endpoints, .*got null/)
  await assert.rejects(json({ endpoint: [] }), /expected a list of endpoints/)
  await assert.rejects(json({ services: [] }), /expected an object by service as 'services', got \[\]/)
  await assert.rejects(json({ services: { orders: 'http://10.0.0.1' } }), /expected a list of endpoints.*got "http:\/\/10\.0\.0\.1"/)
})

test('a file that is too large, missing, or no file at all is an error; a byte order mark is none', async () => {
  const folder = await temporaryFolder()
  try {
    const path = join(folder.path, 'x.json')
    await writeFile(path, '\uFEFF[]')
    assert.equal(await readText(path, 100), '[]')
    await assert.rejects(readText(path, 4), /expected at most 4 bytes, got 5/)
    await assert.rejects(readText(folder.path, 100), /expected a regular file|EISDIR/)
    await assert.rejects(readText(join(folder.path, 'none'), 100), { code: 'ENOENT' })
  } finally {
    await folder.remove()
  }
})

test('wrong arguments are refused at once, and the defaults are as documented', () => {
  assert.throws(() => file(''), /file: expected the path of a file, got ""/)
  assert.throws(() => file('x', { format: 'toml' as never, maxBytes: 0, every: '1d' as never }), /3 problems/)
  assert.deepEqual({ ...fileDefaults }, { format: undefined, every: '10s', maxBytes: 16_777_216 })
  assert.ok(Object.isFrozen(fileDefaults))
})
