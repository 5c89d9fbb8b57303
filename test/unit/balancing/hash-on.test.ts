import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashText } from '../../../src/balancing/hash.ts'
import { type HashOn, readHashOn } from '../../../src/balancing/hash-on.ts'
import { hashKey } from '../../../src/call/call-options.ts'
import { ContextValues } from '../../../src/call/context-values.ts'
import { seededRandom } from '../../../src/runtime/seeded-random.ts'
import { type TestCallParts, testCall } from '../../../src/testing/test-call.ts'

function hashOf(hashOn: HashOn, parts: TestCallParts): number {
  return readHashOn('test', hashOn)(seededRandom('any')).of(testCall(parts))
}

/** Whether the hash is left to chance. */
function isMissing(hashOn: HashOn, parts: TestCallParts): boolean {
  const hash = readHashOn('test', hashOn)(seededRandom('any'))
  const call = testCall(parts)
  return new Set(Array.from({ length: 20 }, () => hash.of(call))).size > 1
}

test('a header is found in any case, and several values count as a list', () => {
  const hashOn = { header: 'X-User' } as const
  assert.equal(hashOf(hashOn, { headers: ['accept', '*/*', 'x-uSER', 'ann'] }), hashText('ann'))
  assert.equal(hashOf(hashOn, { headers: ['x-user', 'ann', 'X-User', 'bob'] }), hashText('ann, bob'))
  const fetched = new Headers([
    ['x-user', 'ann'],
    ['X-User', 'bob'],
  ]).get('x-user') as string
  assert.equal(hashOf(hashOn, { headers: ['x-user', fetched] }), hashText('ann, bob'))
  assert.ok(isMissing(hashOn, { headers: ['x-users', 'ann'] }))
  assert.ok(isMissing(hashOn, { headers: ['x-user', ''] }))
})

test('a cookie is found among others, also in a second header', () => {
  const hashOn = { cookie: 'session' } as const
  for (const headers of [
    ['cookie', 'session=abc'],
    ['Cookie', 'a=1; session=abc; b=2'],
    ['cookie', 'xsession=no;session=abc'],
    ['cookie', 'a=1', 'cookie', 'session=abc'],
    ['cookie', 'session2=no; session=abc'],
    ['cookie', 'session="abc"'],
    ['cookie', 'a=1;\tsession = "abc" ; b=2'],
    ['cookie', 'session=; session=abc'],
  ]) {
    assert.equal(hashOf(hashOn, { headers }), hashText('abc'), headers.join(' '))
  }
  for (const headers of [
    [],
    ['cookie', ''],
    ['cookie', 'session'],
    ['cookie', 'session='],
    ['cookie', 'session=""'],
    ['cookie', 'session= ; b=2'],
    ['cookie', 'session; b=2'],
    ['cookie', 'a=session=abc'],
    ['set-cookie', 'session=abc'],
  ]) {
    assert.ok(isMissing(hashOn, { headers }), headers.join(' '))
  }
})

test('a parameter of the query is found, as it is written', () => {
  const hashOn = { query: 'user id' } as const
  assert.equal(hashOf(hashOn, { path: '/a?user%20id=ann' }), hashText('ann'))
  assert.equal(hashOf(hashOn, { path: '/a?b=1&user%20id=a%20b&user%20id=2' }), hashText('a%20b'))
  for (const path of ['/user%20id=1', '/a?', '/a?user%20id', '/a?user%20id=', '/a?b=user%20id=1'])
    assert.ok(isMissing(hashOn, { path }), path)
})

test('the name of a parameter is found however it is written', () => {
  const written: Readonly<Record<string, readonly string[]>> = {
    'user[id]': ['user[id]', 'user%5Bid%5D', 'user%5bid%5d', 'user[id%5D', '%75ser[id]'],
    'a:b': ['a:b', 'a%3Ab', 'a%3ab'],
    'a b': ['a+b', 'a%20b', 'a b'],
    'a+b': ['a%2Bb', 'a+b'],
    'a%b': ['a%25b', 'a%b'],
    '%': ['%25', '%'],
    größe: ['gr%C3%B6%C3%9Fe', 'größe', 'gr%c3%b6%c3%9Fe'],
    '😀': ['%F0%9F%98%80', '😀'],
    'user%5Bid%5D': ['user%5Bid%5D', 'user%255Bid%255D'],
  }
  for (const [query, names] of Object.entries(written)) {
    for (const name of names) assert.equal(hashOf({ query }, { path: `/a?b=1&${name}=5&c=2` }), hashText('5'), `${query} as ${name}`)
    assert.equal(hashOf({ query }, { path: `/a?${new URLSearchParams({ [query]: '5' })}` }), hashText('5'), query)
    const url = new URL(`http://a/?${query.replace('%', '%25')}=5`)
    assert.equal(hashOf({ query }, { path: `${url.pathname}${url.search}` }), hashText('5'), url.href)
  }
  for (const name of ['a%2b', 'a%2', 'a%', 'a', 'a%20', 'a%20bc', 'a%20%', 'a-b', 'a%0xb', '%61%20c', 'Ã b'])
    assert.ok(isMissing({ query: 'a b' }, { path: `/a?${name}=5` }), name)
  assert.ok(isMissing({ query: 'ü' }, { path: '/a?Ã¼=5' }))
})

test('the path counts without the query', () => {
  assert.equal(hashOf('path', { path: '/v1/42?x=1' }), hashText('/v1/42'))
  assert.equal(hashOf('path', { path: '/v1/42' }), hashText('/v1/42'))
})

test('a function of the call may answer with a text, a number or nothing', () => {
  assert.equal(
    hashOf((call) => call.path.split('/')[2], { path: '/v1/42' }),
    hashText('42'),
  )
  assert.equal(
    hashOf(() => 42, {}),
    hashText('42'),
  )
  assert.ok(isMissing(() => undefined, {}))
  assert.ok(isMissing(() => '', {}))
  assert.ok(isMissing(() => Number(undefined), {}))
  assert.throws(
    () => hashOf((() => ({})) as never, {}),
    /hashOn: expected the function to answer with a text, a number or undefined, got \{\}/,
  )
})

test('several sources count together, in their order, and one that is missing not at all', () => {
  const user = { header: 'user' } as const
  const rotated = (hash: number): number => ((hash << 1) | (hash >>> 31)) >>> 0
  const [ann, path] = [hashText('ann'), hashText('/a')]
  assert.equal(hashOf([user, 'path'], { path: '/a', headers: ['user', 'ann'] }), (rotated(ann) ^ path) >>> 0)
  assert.equal(hashOf(['path', user], { path: '/a', headers: ['user', 'ann'] }), (rotated(path) ^ ann) >>> 0)
  assert.equal(hashOf([user, 'path'], { path: '/a' }), path)
  assert.ok(isMissing([user, { cookie: 'user' }], {}))
})

test('a terminal source keeps those after it from counting, if it is there', () => {
  const hashOn: HashOn = [{ cookie: 'session', terminal: true }, { header: 'user' }]
  assert.equal(hashOf(hashOn, { headers: ['cookie', 'session=abc', 'user', 'ann'] }), hashText('abc'))
  assert.equal(hashOf(hashOn, { headers: ['user', 'ann'] }), hashText('ann'))
})

test('what is no source is refused, with those that there are', () => {
  const wrong: readonly unknown[] = [
    undefined,
    'header',
    { header: '' },
    { header: 5 },
    { header: 'a', cookie: 'b' },
    { header: 'x user' },
    { cookie: 'a=b' },
    { query: '\ud800' },
    {},
    { header: 'a', terminal: 1 },
  ]
  for (const hashOn of wrong)
    assert.throws(() => readHashOn('maglev', hashOn as HashOn), /^TypeError: maglev: hashOn: expected \{ header: name \}, .*, got/)
  assert.throws(() => readHashOn('maglev', []), /maglev: hashOn: expected at least one source, got none/)
})

test('the key that a caller gives beats everything else', () => {
  const context = new ContextValues()
  context.set(hashKey, 'customer-7')
  const byHeader = readHashOn('test', { header: 'x-user' })(seededRandom('key'))
  const call = testCall({ headers: ['x-user', 'ann'], context })
  assert.equal(byHeader.of(call), hashText('customer-7'))
  assert.equal(readHashOn('test', 'key')(seededRandom('key')).of(call), hashText('customer-7'))
  assert.notEqual(byHeader.of(testCall({ headers: ['x-user', 'ann'] })), hashText('customer-7'))
})

test('a call without a key goes anywhere if nothing else is hashed', () => {
  const hash = readHashOn('test', 'key')(seededRandom('key'))
  const seen = new Set(Array.from({ length: 20 }, () => hash.of(testCall())))
  assert.equal(seen.size, 20)
})
