import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fixed, mesh } from '../../src/index.ts'
import { fakeClock, type ScriptedAnswer, scriptedTransport } from '../../src/testing/index.ts'

/** What a server does with a request, and whether it has acted on it by then. */
interface Fault {
  readonly answer: ScriptedAnswer
  readonly acts: boolean
}

const latencyMs = fc.constantFrom(0, 3, 40, 200)

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc
    .record({ error: fc.constantFrom('CONNECT_FAILED', 'CONNECT_TIMEOUT', 'QUEUE_FULL', 'REFUSED'), latencyMs })
    .map((answer) => ({ answer: answer as ScriptedAnswer, acts: false })),
  // It acted and the answer was lost, or it did not and nobody can tell.
  fc
    .record({ latencyMs, acts: fc.boolean() })
    .map(({ latencyMs, acts }) => ({ answer: { error: 'CONNECTION_LOST', latencyMs } as const, acts })),
  fc
    .record({ status: fc.constantFrom(200, 409, 429, 500, 502, 503, 504), latencyMs, after: fc.constantFrom(undefined, '0', '1') })
    .map(({ status, latencyMs, after }) => ({
      answer: { status, latencyMs, ...(after === undefined ? {} : { headers: { 'retry-after': after } }) },
      acts: true,
    })),
  fc.constant<Fault>({ answer: 'hang', acts: true }),
)

test('a POST that may have been sent is never sent twice, whatever fails and whatever is configured', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        schedule: fc.array(fault, { minLength: 1, maxLength: 40 }),
        endpoints: fc.integer({ min: 1, max: 5 }),
        calls: fc.integer({ min: 1, max: 12 }),
        hedge: fc.constantFrom(false as const, { after: 5 }, { after: 0, attempts: 4 }),
        retry: fc.record({
          attempts: fc.integer({ min: 1, max: 4 }),
          attemptTimeout: fc.constantFrom(undefined, 50),
          on: fc.constantFrom(
            undefined,
            ['5xx', 'retriable-4xx', 'rate-limited'] as const,
            ['reset', 'connect-failure', 'refused-stream', () => true] as const,
          ),
          budget: fc.constantFrom(false as const, {}),
          avoidTriedZones: fc.boolean(),
        }),
      }),
      async ({ schedule, endpoints, calls, hedge, retry }) => {
        const clock = fakeClock()
        /** For each call: requests that came, and times that the server acted. */
        const got = new Map<string, { maybeSent: number; acted: number }>()
        let next = 0
        const transport = scriptedTransport(async (attempt) => {
          const { answer, acts } = schedule[next++ % schedule.length] as Fault
          const entry = got.get(attempt.path) ?? { maybeSent: 0, acted: 0 }
          got.set(attempt.path, entry)
          const neverSent = typeof answer === 'object' && 'error' in answer && answer.error !== 'CONNECTION_LOST'
          if (!neverSent) entry.maybeSent += 1
          if (acts) entry.acted += 1
          return answer
        })
        const urls = Array.from({ length: endpoints }, (_, i) => `http://10.0.0.${i + 1}:80`)
        const net = mesh({ clock, transport })
          .service('orders', (s) => s.resolve(fixed(urls)).deadline(2_000).retry(retry).hedge(hedge))
          .build()
        const all = Array.from({ length: calls }, (_, i) =>
          net.fetch(`http://orders/${i}`, { method: 'POST', body: 'x' }).then(
            (response) => response.text(),
            () => {},
          ),
        )
        await clock.until(Promise.all(all))
        for (const [path, { maybeSent, acted }] of got) {
          assert.ok(maybeSent <= 1 && acted <= 1, `${path} was sent ${maybeSent} times, and the server acted ${acted} times`)
        }
        await clock.until(net.close())
        transport.assertIdle()
      },
    ),
    { numRuns: 150 },
  )
})
