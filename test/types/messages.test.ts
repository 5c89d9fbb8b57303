import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from './compile.ts'

const imports = "import { fixed, mesh, roundRobin } from 'proxyless'\nconst found = fixed(['http://127.0.0.1:8080'])\n"

/** Compiles one statement, which must be wrong, and gives what the compiler says first. */
function messageOf(statement: string): string {
  const [message] = compile(imports + statement).messages
  assert.ok(message !== undefined, 'it compiles')
  return message
}

/** Every row is a mistake, and words that the compiler's message must contain. */
const mistakes: readonly (readonly [title: string, statement: string, ...words: string[]])[] = [
  ['a missing resolver', "mesh().service('orders', (s) => s.deadline('2s'))", 'this service has no resolver: call .resolve(...)'],
  [
    'a name that is given twice',
    "mesh().service('orders', (s) => s.resolve(found)).service('orders', (s) => s.resolve(found))",
    'service \\"orders\\" is already defined',
  ],
  ['two resolvers', "mesh().service('orders', (s) => s.resolve(found).resolve(found))", 'resolver is already set for this service'],
  [
    'two balancers',
    "mesh().service('orders', (s) => s.resolve(found).balance(roundRobin()).balance(roundRobin()))",
    'balancer is already set for this service',
  ],
  [
    'two deadlines',
    "mesh().service('orders', (s) => s.resolve(found).deadline(1).deadline(2))",
    'deadline is already set for this service',
  ],
  ['two retries', "mesh().service('orders', (s) => s.resolve(found).retry(false).retry({}))", 'retry is already set for this service'],
  [
    'a fallback before any subset',
    "mesh().service('orders', (s) => s.resolve(found).subsetFallback('any'))",
    'this service declares no subsets yet: call .subset(label, values) first',
  ],
  [
    'two localities',
    "mesh().service('orders', (s) => s.resolve(found).locality({ zone: 'a' }).locality({ zone: 'a' }))",
    'locality is already set for this service',
  ],
  ['two hedges', "mesh().service('orders', (s) => s.resolve(found).hedge(false).hedge({}))", 'hedge is already set for this service'],
  ['a second bare', "mesh().service('orders', (s) => s.resolve(found).bare().bare())", 'bare is already set for this service'],
  [
    'a subset that is declared twice',
    "mesh().service('orders', (s) => s.resolve(found).subset('v', ['1']).subset('v', ['2']))",
    'subset \\"v\\" is already declared for this service',
  ],
  ['two splits', "mesh().service('orders', (s) => s.resolve(found).split(false).split(false))", 'split is already set for this service'],
  ['a split among the defaults', 'mesh().defaults((s) => s.split(false))', 'a split belongs to one service, not to the defaults'],
  ['a resolver among the defaults', 'mesh().defaults((s) => s.resolve(found))', 'a resolver belongs to one service, not to the defaults'],
  ['an alias among the defaults', "mesh().defaults((s) => s.alias('a'))", 'an alias belongs to one service, not to the defaults'],
  ['a mirror among the defaults', "mesh().defaults((s) => s.mirror({ to: 'a' }))", 'a mirror belongs to one service, not to the defaults'],
  ['a subset among the defaults', "mesh().defaults((s) => s.subset('v', ['1']))", 'a subset belongs to one service, not to the defaults'],
  ['a route among the defaults', 'mesh().defaults((s) => s.route({ match: {} }))', 'a route belongs to one service, not to the defaults'],
  [
    'a subset of a route that is not declared',
    "mesh().service('orders', (s) => s.resolve(found).route({ match: {}, subset: { v: '1' } }))",
    'this service declares no subsets: call .subset(label, values) when describing it',
  ],
  ['defaults that are set twice', 'mesh().defaults((s) => s).defaults((s) => s)', 'the defaults of this mesh are already set'],
  [
    'a service that does not exist',
    "mesh().service('orders', (s) => s.resolve(found)).build().service('nope')",
    `'"nope"'`,
    `'"orders"'`,
    'is not assignable',
  ],
  [
    'a subset of a service that has none',
    "mesh().service('a', (s) => s.resolve(found)).build().service('a').fetch('/', { mesh: { subset: { v: '1' } } })",
    'this service declares no subsets: call .subset(label, values) when describing it',
  ],
  [
    'a label that was not declared',
    "mesh().service('a', (s) => s.resolve(found).subset('v', ['1'])).build().service('a').fetch('/', { mesh: { subset: { w: '1' } } })",
    "'w' does not exist in type",
  ],
  [
    'a value that was not declared',
    "mesh().service('a', (s) => s.resolve(found).subset('v', ['1', '2'])).build().service('a').fetch('/', { mesh: { subset: { v: '3' } } })",
    `'"3"' is not assignable to type '"1" | "2"`,
  ],
  [
    "a path that does not begin with '/'",
    "mesh().service('a', (s) => s.resolve(found)).build().service('a').fetch('v1')",
    `'"v1"' is not assignable to parameter of type`,
    '`/${string}`',
  ],
  ['a duration without a unit', "mesh().service('a', (s) => s.resolve(found).deadline('2'))", `'"2"' is not assignable`, 'Duration'],
]

for (const [title, statement, ...words] of mistakes) {
  test(`the compiler explains ${title}`, () => {
    const message = messageOf(statement)
    for (const word of words) assert.ok(message.includes(word), `expected the message to contain: ${word}\ngot:\n${message}`)
  })
}

test('a right description compiles', () => {
  assert.deepEqual(compile(`${imports}mesh().service('a', (s) => s.resolve(found)).build()`).messages, [])
})
