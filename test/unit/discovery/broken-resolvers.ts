/** Run by resolver-suite.test.ts in a process of its own: the suite, on resolvers that break its laws. */
import { createServer } from 'node:net'
import type { ResolverPart, Watch } from '../../../src/discovery/resolver.ts'
import type { Host } from '../../../src/runtime/host.ts'
import { resolverSuite } from '../../../src/testing/resolver-suite.ts'

const urls = ['http://10.0.0.1:80', 'http://10.0.0.2:80']

interface Registry {
  current: readonly string[]
  broken: boolean
}

function suite(name: string, watch: (registry: Registry, given: Watch, host: Host) => AsyncGenerator<readonly string[]>): void {
  resolverSuite({
    name,
    // The good one must not fail on a busy machine; with the others, failing is what is waited for.
    patienceMs: name === 'good' ? 5_000 : 40,
    make: () => {
      const registry: Registry = { current: urls, broken: false }
      let round = 0
      const resolver: ResolverPart = (host) => ({ name, watch: (_service, given) => watch(registry, given, host) })
      return {
        resolver,
        urls,
        change: () => {
          round += 1
          registry.current = [urls[0] as string, `http://10.0.${round}.1:80`]
          return registry.current
        },
        fail: () => {
          registry.broken = true
        },
      }
    },
  })
}

function ask(registry: Registry): readonly string[] {
  if (registry.broken) throw new Error('the registry is down')
  return registry.current
}

suite('good', async function* (registry, { signal, pause }) {
  while (!signal.aborted) {
    yield ask(registry)
    await pause(60_000)
  }
})

suite('deaf', async function* (registry) {
  yield ask(registry)
  await new Promise(() => {})
})

suite('a delta', async function* (registry, { signal, pause }) {
  let before: readonly string[] = []
  while (!signal.aborted) {
    const now = ask(registry)
    yield now.filter((url) => !before.includes(url))
    before = now
    await pause(60_000)
  }
})

suite('empty on fault', async function* (registry, { signal, pause }) {
  while (!signal.aborted) {
    yield registry.broken ? [] : registry.current
    await pause(60_000)
  }
})

suite('no pause', async function* (registry, { signal }) {
  while (!signal.aborted) {
    yield ask(registry)
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }
})

suite('a held timer', async function* (registry, { signal, pause }, { clock }) {
  const timer = clock.schedule(100_000, () => {})
  try {
    while (!signal.aborted) {
      yield ask(registry)
      await pause(60_000)
    }
  } finally {
    timer.cancel()
  }
})

suite('a left timer', async function* (registry, { signal, pause }, { clock }) {
  clock.schedule(100_000, () => {}, { background: true })
  while (!signal.aborted) {
    yield ask(registry)
    await pause(60_000)
  }
})

suite('a held socket', async function* (registry, { signal, pause }) {
  const server = createServer().listen(0, '127.0.0.1')
  try {
    while (!signal.aborted) {
      yield ask(registry)
      await pause(60_000)
    }
  } finally {
    server.close()
  }
})

let watching = false
suite('one watch only', async function* (registry, { signal, pause }) {
  if (watching) throw new Error('busy')
  watching = true
  try {
    while (!signal.aborted) {
      yield ask(registry)
      await pause(60_000)
    }
  } finally {
    watching = false
  }
})

suite('unusable', async function* (registry) {
  yield ask(registry).map((url) => `${url}/v1/`)
})
