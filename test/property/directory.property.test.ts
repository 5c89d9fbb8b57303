import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Directory } from '../../src/discovery/directory.ts'
import type { Endpoint, EndpointSpec } from '../../src/endpoint/endpoint.ts'
import { Roster } from '../../src/endpoint/roster.ts'
import { testHost } from '../../src/testing/test-host.ts'
import { ScriptedResolver } from '../unit/discovery/scripted-resolver.ts'

const guardMs = 30_000

type Step =
  | { readonly kind: 'answer'; readonly specs: readonly EndpointSpec[] }
  | { readonly kind: 'absent' }
  | { readonly kind: 'nonsense' }
  | { readonly kind: 'unusable' }
  | { readonly kind: 'fault' }
  | { readonly kind: 'replace' }
  | { readonly kind: 'refresh' }
  | { readonly kind: 'wait'; readonly ms: number }

const spec: fc.Arbitrary<EndpointSpec> = fc.record({
  url: fc.integer({ min: 1, max: 6 }).map((n) => `http://10.0.0.${n}:80`),
  weight: fc.constantFrom(1, 2),
  zone: fc.constantFrom('', 'z1'),
})

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('answer' as const), specs: fc.array(spec, { maxLength: 4 }) }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'answer' as const, specs: [] }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'absent' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'nonsense' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'unusable' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'fault' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'replace' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'refresh' as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(50, 10_000, 29_999, 30_000) }) },
)

/** What a directory knows, told in the simplest way. */
class Model {
  state: 'unresolved' | 'resolved' | 'empty' | 'absent' = 'unresolved'
  described: readonly string[] = []
  version = 0
  failing = false
  heldSince: number | undefined

  answer(specs: readonly EndpointSpec[], now: number): void {
    this.failing = false
    const held = specs.length === 0 && this.described.length > 0
    if (held) this.heldSince ??= now
    if (held && now - (this.heldSince as number) < guardMs) return
    this.accept(specs, 'empty')
  }

  accept(specs: readonly EndpointSpec[], stateWithout: 'empty' | 'absent'): void {
    this.failing = false
    this.heldSince = undefined
    const first = new Map<string, string>()
    for (const { url, weight, zone } of specs) if (!first.has(url)) first.set(url, `${url} ${weight} ${zone}`)
    const described = [...first.values()].sort()
    if (described.join() !== this.described.join()) this.version += 1
    this.described = described
    this.state = described.length > 0 ? 'resolved' : stateWithout
  }

  passTo(now: number): void {
    if (this.heldSince !== undefined && now - this.heldSince >= guardMs && !this.failing) this.accept([], 'empty')
  }
}

const describe = ({ address, weight, locality }: Endpoint): string => `${address} ${weight} ${locality.zone}`

test('whatever a resolver says and however it fails, the directory knows what the model knows', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const host = testHost({ service: 'orders' })
      const { clock } = host
      let source = new ScriptedResolver()
      // So often started again that a resolver never waits long for its next word.
      const options = { emptyGuard: guardMs, backoff: { initial: 1, max: 1 }, refreshGap: 0 }
      const directory = new Directory({ service: 'orders', host, resolver: source, roster: new Roster(), options })
      const model = new Model()
      const living = new Map<string, Endpoint>()
      directory.onChange(({ added, removed }) => {
        for (const endpoint of removed) assert.equal(living.get(endpoint.address), endpoint, 'what is removed was there')
        for (const endpoint of removed) living.delete(endpoint.address)
        for (const endpoint of added) living.set(endpoint.address, endpoint)
      })
      directory.start()
      for (const now of steps) {
        if (now.kind === 'answer') {
          source.answer(now.specs)
          model.answer(now.specs, clock.now())
        } else if (now.kind === 'absent') {
          source.answer({ kind: 'absent' })
          model.accept([], 'absent')
        } else if (now.kind === 'fault' || now.kind === 'nonsense' || now.kind === 'unusable') {
          if (now.kind === 'fault') source.fail()
          else source.answerAnything(now.kind === 'nonsense' ? { list: [] } : ['ftp://x'])
          model.failing = true
        } else if (now.kind === 'replace') {
          source = new ScriptedResolver('next')
          directory.replace(source, options)
          model.failing = false
          model.heldSince = undefined
        } else if (now.kind === 'refresh') {
          directory.refresh()
        }
        await clock.settle()
        assert.equal(directory.snapshot().failures > 0, model.failing)
        // Everything that failed is started again, and the answer window is over.
        await clock.advance(now.kind === 'wait' ? now.ms : 20)
        model.passTo(clock.now())

        assert.equal(directory.state, model.state)
        assert.deepEqual(directory.endpoints.map(describe).sort(), model.described)
        assert.equal(directory.version, model.version)
        assert.equal(directory.snapshot().held, model.heldSince !== undefined)
        assert.equal(directory.lastError !== undefined, model.failing)
        assert.deepEqual(new Set(directory.endpoints), new Set(living.values()), 'endpoints that stay are the same objects')
      }
      await directory.close()
      clock.assertIdle()
    }),
    { numRuns: 150 },
  )
})
