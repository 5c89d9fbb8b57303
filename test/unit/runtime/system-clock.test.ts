import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { systemClock } from '../../../src/runtime/system-clock.ts'

const run = promisify(execFile)
const clockUrl = new URL('../../../src/runtime/system-clock.ts', import.meta.url).href

/** Runs a program of its own on the system clock; gives what it printed, and how long it lived. */
async function lifeOf(body: string): Promise<{ printed: string; ms: number }> {
  const source = `import { systemClock } from ${JSON.stringify(clockUrl)}; const bornAt = performance.now();
    process.on('exit', () => console.log('lived', performance.now() - bornAt)); ${body}`
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', source], { timeout: 60_000 })
  assert.equal(stderr, '')
  const [, ms] = /lived ([\d.]+)/.exec(stdout) ?? []
  return { printed: stdout.replace(/lived.*\n/, ''), ms: Number(ms) }
}

test('time goes forward, and wall time is the time of day', () => {
  const before = systemClock.now()
  assert.ok(systemClock.now() >= before)
  const earliest = Date.now()
  const time = systemClock.wallTime()
  assert.ok(time >= earliest && time <= Date.now())
})

test('a task never runs too early, whatever fraction of a millisecond it was scheduled at', async () => {
  const early: string[] = []
  const once = (delayMs: number) =>
    new Promise<void>((resolve) => {
      const startedAt = systemClock.now()
      systemClock.schedule(delayMs, () => {
        const elapsed = systemClock.now() - startedAt
        if (elapsed < delayMs) early.push(`${delayMs} ms took ${elapsed} ms`)
        resolve()
      })
    })
  for (let round = 0; round < 10; round += 1) {
    await Promise.all(Array.from({ length: 40 }, (_, index) => once((index * 0.37) % 9)))
  }
  assert.deepEqual(early, [])
})

test('a task that was cancelled does not run', async () => {
  let ran = false
  const timer = systemClock.schedule(1, () => {
    ran = true
  })
  timer.cancel()
  timer.cancel()
  await new Promise<void>((resolve) => systemClock.schedule(5, resolve))
  assert.equal(ran, false)
})

test('a process waits for a task that somebody waits for', async () => {
  const { printed, ms } = await lifeOf(`systemClock.schedule(120, () => console.log('ran'))`)
  assert.equal(printed, 'ran\n')
  assert.ok(ms >= 120)
})

test('a process does not wait for a background task', async () => {
  const { printed } = await lifeOf(`systemClock.schedule(5_000, () => console.log('ran'), { background: true })`)
  assert.equal(printed, '')
})

test('a delay that setTimeout cannot take does not run at once', async () => {
  const { printed } = await lifeOf(`
    for (const delayMs of [2 ** 31, 2 ** 40, Infinity]) systemClock.schedule(delayMs, () => console.log('too early'), { background: true })
    const held = systemClock.schedule(2 ** 33, () => console.log('too early'))
    systemClock.schedule(50, () => held.cancel())`)
  assert.equal(printed, '')
})
