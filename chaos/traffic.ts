import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from 'proxyless'
import type { Contender } from './contender.ts'
import type { CallRecord } from './run-record.ts'

const postShare = 0.2

/**
 * Calls at random moments that do not depend on how earlier calls fare, as the calls of many users do not: a fault that slows answers down
 * does not slow the questions.
 *
 * @param contender makes the calls.
 * @param random decides when, and which of them are POSTs.
 * @param perSecond calls a second, on average.
 * @param durationMs how long.
 * @returns every call, when the last one has ended.
 */
export async function makeCalls(contender: Contender, random: Random, perSecond: number, durationMs: number): Promise<CallRecord[]> {
  const records: CallRecord[] = []
  const calls: Promise<void>[] = []
  const startedAt = performance.now()
  for (let due = 0, number = 0; ; number += 1) {
    due += (-Math.log(1 - random.next()) * 1_000) / perSecond
    if (due >= durationMs) break
    const wait = due - (performance.now() - startedAt)
    if (wait > 1) await sleep(wait)
    const method = random.next() < postShare ? 'POST' : 'GET'
    calls.push(makeCall(contender, `c${number}`, method, startedAt).then((record) => void records.push(record)))
  }
  await Promise.all(calls)
  return records.sort((a, b) => a.at - b.at)
}

async function makeCall(contender: Contender, id: string, method: 'GET' | 'POST', startedAt: number): Promise<CallRecord> {
  const begunAt = performance.now()
  const wrong = await contender.call({ id, method }).then(
    ({ status, text }) => (status === 200 && text === JSON.stringify({ id }) ? undefined : `status ${status}`),
    (error: unknown) => reasonOf(error),
  )
  return { at: begunAt - startedAt, method, ms: performance.now() - begunAt, wrong }
}

function reasonOf(error: unknown): string {
  const { cause, code, message } = error as { cause?: unknown; code?: string; message?: string }
  const { code: causeCode, message: causeMessage } = (cause ?? {}) as { code?: string; message?: string }
  return String(causeCode ?? code ?? causeMessage ?? message ?? error)
}
