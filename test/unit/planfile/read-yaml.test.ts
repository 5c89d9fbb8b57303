import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { type Located, plainOf } from '../../../src/planfile/located.ts'
import { readYaml } from '../../../src/planfile/read-yaml.ts'
import { faultOf } from './fault-of.ts'

const fault = (text: string) => faultOf(() => readYaml(text))
const plain = async (text: string) => plainOf(await readYaml(text))

test('YAML is read as its parser reads it', async () => {
  const texts = [
    'a: 1\nb: [x, "y", 1.5, true, null]\n',
    '- {a: {b: c}}\n- |\n  two\n  lines\n',
    'a: .inf\nb: 0x10\nc:\n',
    '# nothing\n',
    '"a b": ~',
  ]
  for (const text of texts) assert.deepEqual(await plain(text), parse(text), text)
})

test('an alias stands for what its anchor names, and merging keeps what is there', async () => {
  const text = 'base: &b { x: 1, y: 2 }\nmore: &m { y: 3, z: 4 }\nuses: { <<: [*b, *m], x: 9, list: [*b] }\n'
  assert.deepEqual(await plain(text), {
    base: { x: 1, y: 2 },
    more: { y: 3, z: 4 },
    uses: { x: 9, list: [{ x: 1, y: 2 }], y: 2, z: 4 },
  })
})

test('anchors that double each other are refused before they take memory', async () => {
  const bomb = ['a0: &a0 [x, x]', ...Array.from({ length: 60 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)].join('\n')
  assert.match((await fault(bomb)).expected, /at most 200000 values/)
  const merges = ['a0: &a0 { x: 1 }', ...Array.from({ length: 60 }, (_, i) => `a${i + 1}: &a${i + 1} { <<: [*a${i}, *a${i}] }`)].join('\n')
  assert.match((await fault(merges)).expected, /at most 200000 values/)
})

test('an alias of what it stands in, or of nothing, is refused', async () => {
  assert.match((await fault('a: &a [*a]')).expected, /an anchor that ends before it/)
  assert.equal((await fault('a: *b')).received.length > 0, true)
})

test('a name that stands twice is refused at the second place', async () => {
  const text = 'a: 1\nb: 2\na: 3\n'
  assert.deepEqual(await fault(text), { start: 10, end: 11, expected: 'a name that stands here once', received: '"a" twice' })
})

test('what YAML has and a plan has not is refused', async () => {
  assert.match((await fault('a: !!binary aGVsbG8=')).expected, /text, a number/)
  assert.match((await fault('a: !mine x')).received, /Unresolved tag/)
  assert.match((await fault('? [a]\n: 1')).expected, /a text as the name/)
  assert.equal((await fault('a: 1\n---\nb: 2')).received, 'several, divided by ---')
  assert.match((await fault('a: {<<: 5}')).expected, /a map, or a list of maps/)
})

test('text that is no YAML is refused where it goes wrong', async () => {
  const text = 'a: 1\nb:\n\tc: 2\n'
  const found = await fault(text)
  assert.equal(text.slice(found.start, found.end), '\t')
  assert.match(found.received, /Tabs/)
  for (const broken of ['a: [1, 2', 'a: "x', 'a: b: c', '{', '[}']) assert.ok((await fault(broken)).expected, broken)
})

test('YAML that is nested too deep is refused and overflows no stack', async () => {
  assert.ok((await fault('['.repeat(20_000))).expected)
  assert.match((await fault(`${'['.repeat(100)}${']'.repeat(100)}`)).expected, /at most 64 deep/)
})

test('every value knows where it stands', async () => {
  const text = 'a:\n  b: [x, yy]\n'
  const root = await readYaml(text)
  const at = (located: Located | undefined) => text.slice(located?.start, located?.end)
  const b = root.kind === 'map' ? root.entries.get('a')?.value : undefined
  const list = b?.kind === 'map' ? b.entries.get('b')?.value : undefined
  assert.equal(at(list), '[x, yy]')
  assert.equal(at(list?.kind === 'list' ? list.items[1] : undefined), 'yy')
})
