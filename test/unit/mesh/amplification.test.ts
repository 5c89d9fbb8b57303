/** What a mesh sends beyond its calls when a service answers nobody, as an outsider counts it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, mesh, type ServiceDraft } from '../../../src/index.ts'
import { fakeClock, type ScriptedAnswer, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const urls = Array.from({ length: 6 }, (_, i) => `http://10.0.0.${i + 1}:8080`)

/** A mesh of six endpoints that answer as `far.answer` says. */
function openMesh(configure: (s: ServiceDraft) => ServiceDraft = (s) => s) {
  const clock = fakeClock()
  const far: { answer: ScriptedAnswer; attempts: number } = { answer: { status: 200, latencyMs: 2 }, attempts: 0 }
  const transport = scriptedTransport(() => {
    far.attempts += 1
    return far.answer
  })
  const net = mesh({ clock, random: seededRandom(1), transport })
    .service('orders', (s) => configure(s.resolve(fixed(urls)) as never) as never)
    .build()
  /** So many calls, so many at a time. */
  const calls = async (count: number, callers: number, init: object = {}) => {
    const before = far.attempts
    const began = clock.now()
    let [left, failed] = [count, 0]
    const caller = async () => {
      for (; left > 0; ) {
        left -= 1
        try {
          const response = await net.fetch('http://orders/', { mesh: { deadline: '2s' }, ...init })
          await response.text()
          if (!response.ok) failed += 1
        } catch {
          failed += 1
        }
      }
    }
    await clock.until(Promise.all(Array.from({ length: callers }, caller)))
    return { attempts: far.attempts - before, failed, seconds: (clock.now() - began) / 1_000 }
  }
  return { net, clock, far, calls }
}

const deaths: readonly (readonly [string, ScriptedAnswer])[] = [
  ['answers 503', { status: 503, latencyMs: 2 }],
  ['refuses connections', { error: 'CONNECT_FAILED', latencyMs: 1 }],
  ['resets', { error: 'CONNECTION_LOST', latencyMs: 2 }],
]

for (const [what, answer] of deaths) {
  for (const callers of [1, 10, 64]) {
    test(`a service that ${what} sees 1.2 attempts a call and one a second, with ${callers} callers`, async () => {
      const { net, far, calls } = openMesh()
      far.answer = answer
      const { attempts, seconds, failed } = await calls(1_000, callers)
      assert.equal(failed, 1_000)
      assert.ok(attempts <= 1_200 + seconds, `${attempts} attempts in ${seconds} s`)
      assert.ok(attempts >= 1_100)
      await net.close()
    })

    test(`a healthy service that begins to be one that ${what} sees no more but what shows it, with ${callers} callers`, async () => {
      const { net, far, calls } = openMesh()
      assert.equal((await calls(1_000, callers)).failed, 0)
      far.answer = answer
      const { attempts, seconds } = await calls(1_000, callers)
      // So many fail before it is clear that nobody answers.
      const slack = 10 + callers / 2
      assert.ok(attempts <= 1_200 + seconds + slack, `${attempts} attempts in ${seconds} s`)
      await net.close()
    })
  }
}

test('calls that may not be repeated are sent once, but for those that nobody got', async () => {
  const { net, far, calls } = openMesh()
  far.answer = { status: 503 }
  assert.equal((await calls(200, 10, { method: 'POST', body: 'x' })).attempts, 200)
  await net.close()
})

test('hedges alone keep within the same bound when nobody answers', async () => {
  const { net, far, calls } = openMesh((s) => s.retry(false).hedge({ after: '10ms' }) as never)
  assert.equal((await calls(1_000, 10)).failed, 0)
  far.answer = 'hang'
  const { attempts, seconds } = await calls(1_000, 50)
  assert.ok(attempts <= 1_200 + seconds + 35, `${attempts} attempts in ${seconds} s`)
  await net.close()
})
