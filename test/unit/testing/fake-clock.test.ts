import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { fakeClock, fakeClockDefaults } from '../../../src/testing/fake-clock.ts'

test('time begins where the options say, and stands still', async () => {
  const clock = fakeClock({ now: 500, wallTime: 1_000_000 })
  await turn()
  assert.equal(clock.now(), 500)
  assert.equal(clock.wallTime(), 1_000_000)
  assert.equal(fakeClock().now(), fakeClockDefaults.now)
  assert.notEqual(fakeClockDefaults.now, 0)
})

test('wall time moves with time, in whole milliseconds', async () => {
  const clock = fakeClock({ now: 0.25, wallTime: 1_000 })
  await clock.advance(10.75)
  assert.equal(clock.now(), 11)
  assert.equal(clock.wallTime(), 1_010)
})

test('tasks run in the order in which they are due, each at its own time', async () => {
  const clock = fakeClock({ now: 0 })
  const ran: [string, number][] = []
  const run = (name: string) => () => void ran.push([name, clock.now()])
  clock.schedule(30, run('c'))
  clock.schedule(10, run('a'))
  clock.schedule(20, run('b'))
  clock.schedule(40, run('d'))
  await clock.advance(30)
  assert.deepEqual(ran, [
    ['a', 10],
    ['b', 20],
    ['c', 30],
  ])
  assert.equal(clock.now(), 30)
})

test('of tasks due at once, the one scheduled first runs first', async () => {
  const clock = fakeClock()
  const ran: number[] = []
  for (let i = 0; i < 50; i += 1) clock.schedule(i % 2 === 0 ? 5 : 3, () => ran.push(i))
  await clock.advance(5)
  const odd = Array.from({ length: 25 }, (_, i) => 2 * i + 1)
  assert.deepEqual(ran, [...odd, ...odd.map((i) => i - 1)])
})

test('a task that is scheduled by a task runs within the same move, if it is due', async () => {
  const clock = fakeClock({ now: 0 })
  const ran: number[] = []
  const again = () => {
    ran.push(clock.now())
    clock.schedule(10, again)
  }
  clock.schedule(10, again)
  await clock.advance(35)
  assert.deepEqual(ran, [10, 20, 30])
  assert.equal(clock.pending, 1)
})

test('promises settle between tasks, and what they schedule counts', async () => {
  const clock = fakeClock({ now: 0 })
  const log: string[] = []
  const sleep = (ms: number) => new Promise<void>((resolve) => clock.schedule(ms, resolve))
  const walk = async () => {
    for (let i = 0; i < 3; i += 1) {
      await sleep(10)
      await null
      await turn()
      log.push(`walk ${clock.now()}`)
    }
  }
  const done = walk()
  clock.schedule(20, () => log.push('task 20'))
  await clock.advance(100)
  await done
  assert.deepEqual(log, ['walk 10', 'task 20', 'walk 20', 'walk 30'])
})

test('a task never runs at once, however short its delay', async () => {
  const clock = fakeClock()
  let ran = 0
  for (const delayMs of [0, -5, 0.001]) clock.schedule(delayMs, () => (ran += 1))
  assert.equal(ran, 0)
  await clock.settle()
  assert.equal(ran, 0)
  await clock.advance(0)
  assert.equal(ran, 2)
  await clock.advance(1)
  assert.equal(ran, 3)
})

test('a task that was cancelled does not run, and neither does one that another cancels in time', async () => {
  const clock = fakeClock()
  const ran: string[] = []
  const timer = clock.schedule(10, () => ran.push('cancelled'))
  const victim = clock.schedule(20, () => ran.push('victim'))
  clock.schedule(20, () => ran.push('kept'))
  clock.schedule(10, () => victim.cancel())
  timer.cancel()
  timer.cancel()
  await clock.advance(50)
  victim.cancel()
  assert.deepEqual(ran, ['kept'])
  clock.assertIdle()
})

test('many cancelled tasks neither stay nor disturb the others', async () => {
  const clock = fakeClock({ now: 0, origins: false })
  const ran: number[] = []
  const timers = Array.from({ length: 1_000 }, (_, i) => clock.schedule((i * 7919) % 1_000, () => ran.push(clock.now())))
  for (const [i, timer] of timers.entries()) if (i % 10 !== 0) timer.cancel()
  assert.equal(clock.pending, 100)
  await clock.advance(1_000)
  assert.equal(ran.length, 100)
  assert.deepEqual(
    ran,
    ran.toSorted((a, b) => a - b),
  )
  clock.assertIdle()
})

test('a timer that ran is not kept by those that its task scheduled, however long the chain', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const clock = fakeClock({ now: 0 })
  const early: WeakRef<object>[] = []
  const tick = (): void => {
    const load = { of: new Uint8Array(16) }
    const timer = clock.schedule(1, function next(this: unknown): void {
      if (load.of.length > 0 && timer !== undefined) tick()
    })
    if (early.length < 20) early.push(new WeakRef(load))
  }
  tick()
  await clock.advance(40)
  for (let round = 0; round < 10 && early.some((load) => load.deref() !== undefined); round += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  assert.equal(early.filter((load) => load.deref() !== undefined).length, 0)
})

test('a task without end in sight stays scheduled', async () => {
  const clock = fakeClock()
  const timer = clock.schedule(Number.POSITIVE_INFINITY, () => assert.fail('it ran'))
  await clock.advance(1e12)
  assert.equal(clock.pending, 1)
  timer.cancel()
  clock.assertIdle()
})

test('what is pending is counted, background tasks apart', async () => {
  const clock = fakeClock()
  const timers = [
    clock.schedule(5, () => {}),
    clock.schedule(5, () => {}, { background: true }),
    clock.schedule(50, () => {}, { background: true }),
  ]
  assert.deepEqual([clock.pending, clock.pendingForeground], [3, 1])
  timers[1]?.cancel()
  assert.deepEqual([clock.pending, clock.pendingForeground], [2, 1])
  await clock.advance(10)
  assert.deepEqual([clock.pending, clock.pendingForeground], [1, 0])
})

test('a clock that is not idle says what is scheduled, when it is due, and where it was scheduled', () => {
  const clock = fakeClock()
  clock.assertIdle()
  clock.schedule(250, function refresh() {}, { background: true })
  clock.schedule(100, () => {})
  assert.throws(
    () => clock.assertIdle(),
    (error: Error) => {
      assert.match(
        error.message,
        /^fakeClock: 2 tasks are still scheduled:\n {2}- a task, due in 100 ms, scheduled at .*fake-clock\.test\.ts:\d+:\d+/,
      )
      assert.match(error.message, /\n {2}- refresh, due in 250 ms, background, scheduled at .*fake-clock\.test\.ts/)
      return true
    },
  )
  const plain = fakeClock({ origins: false })
  plain.schedule(1, () => {})
  assert.throws(() => plain.assertIdle(), { message: 'fakeClock: 1 task is still scheduled:\n  - a task, due in 1 ms' })
})

test('what a task throws reaches whoever moves the clock, and the clock can be moved again', async () => {
  const clock = fakeClock({ now: 0 })
  clock.schedule(10, () => {
    throw new Error('clumsy')
  })
  let ran = false
  clock.schedule(20, () => {
    ran = true
  })
  await assert.rejects(clock.advance(50), /^Error: clumsy$/)
  assert.equal(clock.now(), 10)
  await clock.advance(50)
  assert.ok(ran)
})

test('two moves at a time are refused', async () => {
  const clock = fakeClock()
  clock.schedule(1, () => {})
  const first = clock.advance(10)
  await turn()
  await assert.rejects(clock.advance(10), /the clock is being moved already/)
  await first
  await clock.advance(10)
})

test('a task that schedules itself without delay is found out', async () => {
  const clock = fakeClock({ origins: false, turns: 0 })
  const again = () => void clock.schedule(0, again)
  again()
  await assert.rejects(clock.advance(10), /100000 tasks ran and time did not move; scheduled next:\n {2}- again, due in 0 ms/)
})

test('time that is no time is refused', async () => {
  const clock = fakeClock()
  assert.throws(() => clock.schedule(Number.NaN, () => {}), /^TypeError: fakeClock: delayMs: expected a number of milliseconds, got NaN$/)
  await assert.rejects(clock.advance(-1), /^TypeError: fakeClock: advance: expected a number of at least 0, got -1$/)
  await assert.rejects(clock.advance(Number.NaN), TypeError)
})

test('advancing to a moment moves there, and not back', async () => {
  const clock = fakeClock({ now: 100 })
  await clock.advanceTo(150)
  assert.equal(clock.now(), 150)
  await clock.advanceTo(120)
  assert.equal(clock.now(), 150)
})

test('the clock moves until a promise settles, and no further', async () => {
  const clock = fakeClock({ now: 0 })
  const value = new Promise((resolve) => clock.schedule(500, () => resolve('done')))
  clock.schedule(501, () => {})
  assert.equal(await clock.until(value), 'done')
  assert.equal(clock.now(), 500)
  assert.equal(clock.pending, 1)
  await assert.rejects(clock.until(Promise.reject(new Error('no'))), /^Error: no$/)
  assert.equal(clock.now(), 500)
})

test('a promise that nothing can settle is found out at once, and one that takes too long as well', async () => {
  const clock = fakeClock()
  await assert.rejects(clock.until(new Promise(() => {})), /the promise still waits, and nothing is scheduled that could end it/)
  clock.schedule(10_000, function farAway() {})
  await assert.rejects(clock.until(new Promise(() => {}), 5_000), /still waits after 5000 ms; scheduled:\n {2}- farAway, due in 10000 ms/)
})
