import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed } from '../../../src/discovery/fixed.ts'
import type { ResolveFunction, Resolver, Watch } from '../../../src/discovery/resolver.ts'
import { toResolver } from '../../../src/discovery/to-resolver.ts'
import { part } from '../../../src/runtime/part.ts'
import { testHost } from '../../../src/testing/test-host.ts'

const watch: Watch = { signal: new AbortController().signal, pause: async () => {} }

async function first(resolver: Resolver): Promise<unknown> {
  return (await resolver.watch('orders', watch)[Symbol.asyncIterator]().next()).value
}

test('a described part is called with the host', async () => {
  const resolver = toResolver(fixed(['http://10.0.0.1']), testHost())
  assert.equal(resolver.name, 'fixed')
  assert.deepEqual(await first(resolver), ['http://10.0.0.1'])
})

test('a plain function that returns a resolver is a part, and the resolver keeps its this', async () => {
  class Registry {
    readonly name = 'registry'
    readonly #urls = ['http://10.0.0.2']
    async *watch() {
      yield this.#urls
    }
  }
  const resolver = toResolver(() => new Registry(), testHost())
  assert.equal(resolver.name, 'registry')
  assert.deepEqual(await first(resolver), ['http://10.0.0.2'])
})

test('an async generator function is a resolver of its own name, and is not started to find out', async () => {
  let starts = 0
  async function* registry(service: string) {
    starts += 1
    yield [`http://${service}`]
  }
  const resolver = toResolver(registry, testHost())
  assert.equal(resolver.name, 'registry')
  assert.equal(starts, 0)
  assert.deepEqual(await first(resolver), ['http://orders'])
})

test('a bare function of two arguments is not called with the host', async () => {
  const seen: unknown[] = []
  const bare: ResolveFunction = (service, { signal }) => {
    seen.push(service, signal)
    return fixed(['http://10.0.0.3'])(testHost()).watch(service, watch)
  }
  const resolver = toResolver(bare, testHost())
  assert.deepEqual(seen, [])
  await first(resolver)
  assert.deepEqual(seen, ['orders', watch.signal])
})

test('a bare function of one argument is told by the async iterable that it returns', async () => {
  const inner = async function* (service: unknown) {
    yield [`http://${String(service)}`]
  }
  const resolver = toResolver((service: unknown) => inner(service), testHost())
  assert.deepEqual(await first(resolver), ['http://orders'])
})

test('a nameless function has a name for messages', () => {
  assert.equal(toResolver((() => async function* () {})(), testHost()).name, 'a function')
})

test('what a part throws is thrown on', () => {
  const broken = part<Resolver>('broken', {}, () => {
    throw new RangeError('no registry')
  })
  assert.throws(() => toResolver(broken, testHost()), { name: 'RangeError', message: 'no registry' })
})

for (const [what, source, message] of [
  ['no function', 'http://10.0.0.1', /test: resolve: expected a resolver such as .*, got "http:\/\/10\.0\.0\.1"/],
  ['a function that returns something else', () => 7, /got a function, which returned 7|which returned 7/],
  ['a function that returns a promise', async () => ['http://10.0.0.1'], /returned a promise; poll\(fn, \{ every \}\) asks/],
  ['a described part of another kind', part('balancer', {}, () => ({ picker: () => {} })), /which returned \{ picker/],
] as const) {
  test(`${what} is refused with a message that says what would do`, () => {
    assert.throws(
      () => toResolver(source as never, testHost()),
      (error: Error) => error instanceof TypeError && message.test(error.message),
    )
  })
}
