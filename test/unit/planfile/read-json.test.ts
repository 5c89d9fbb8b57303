import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainOf } from '../../../src/planfile/located.ts'
import { readJson } from '../../../src/planfile/read-json.ts'
import { faultOf } from './fault-of.ts'

const fault = (text: string) => faultOf(() => readJson(text))

test('JSON is read as JSON.parse reads it', () => {
  for (const value of [null, true, -1.5e3, 'a\n"\\ü\u2028', [], {}, [1, [2, { a: [] }]], { a: { b: 'c' }, '': 0, __proto__x: 1 }]) {
    for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2), `\r\n\t ${JSON.stringify(value)} \n`]) {
      assert.deepEqual(plainOf(readJson(text)), value)
    }
  }
})

test('a name such as __proto__ is a name like others', () => {
  const plain = plainOf(readJson('{"__proto__": {"polluted": true}}')) as object
  assert.deepEqual(Object.keys(plain), ['__proto__'])
  assert.equal((plain as { polluted?: unknown }).polluted, undefined)
})

test('what JSON.parse refuses is refused at the place where it goes wrong', async () => {
  const cases: [string, string, RegExp][] = [
    ['{"a": 1,}', '}', /another one after the comma/],
    ['[1, 2', '', /',' or '\]'/],
    ['{"a" 1}', '1}', /':' after the name/],
    ['{a: 1}', 'a:', /a name in double quotes/],
    ['{"a": tru}', 'tru}', /a value/],
    ['{"a": NaN}', 'NaN}', /a value/],
    ['{"a": 1} x', 'x', /the end of the file/],
    ['01', '1', /the end of the file/],
    ['{"a": "\\q"}', '"\\q"}', /escapes that JSON has/],
    ['["a\nb"]', '"a', /closing/],
    ['"\\', '"\\', /closing/],
    ['// comment\n{}', '//', /a value/],
    ['', '', /a value/],
  ]
  for (const [text, at, expected] of cases) {
    assert.throws(() => JSON.parse(text), text)
    const found = await fault(text)
    assert.equal(text.slice(found.start, found.end), at, text)
    assert.match(found.expected, expected, text)
  }
})

test('a name that stands twice is refused at the second place', async () => {
  const text = '{"a": 1, "b": {"a": 1}, "a": 2}'
  const found = await fault(text)
  assert.equal(found.start, text.lastIndexOf('"a"'))
  assert.equal(found.received, '"a" twice')
})

test('JSON that is nested too deep is refused and overflows no stack', async () => {
  assert.match((await fault('['.repeat(500_000))).expected, /at most 64 deep/)
  assert.match((await fault('{"a":'.repeat(500_000))).expected, /at most 64 deep/)
})
