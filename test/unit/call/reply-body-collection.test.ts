import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs a program with a wire, both ends of a body and a garbage collector; gives what it logged. */
async function logOf(body: string): Promise<string[]> {
  const from = (file: string) => JSON.stringify(new URL(`../../../src/call/${file}`, import.meta.url).href)
  const source = `
    import { BodyFeed } from ${from('body-feed.ts')}
    import { ReplyBody } from ${from('reply-body.ts')}
    const log = []
    const wire = (length) => new BodyFeed({ pause: () => log.push('pause'), resume: () => log.push('resume'), abort: () => log.push('abort') }, length)
    const big = () => new Uint8Array(100_000)
    // Collections until the log says so, or enough of them: finalizers run some time after the collection that calls for them.
    async function collect(seen = () => false) {
      for (let i = 0; i < 200 && !seen(); i += 1) { gc(); await new Promise((resolve) => setTimeout(resolve, i < 20 ? 1 : 20)) }
    }
    async function collectSome() { let i = 0; await collect(() => (i += 1) > 20) }
    ${body}
    console.log(JSON.stringify(log))`
  const { stdout } = await run(process.execPath, ['--expose-gc', '--input-type=module', '--eval', source], { timeout: 30_000 })
  return JSON.parse(stdout) as string[]
}

test('a paused body that nobody holds any more is discarded', async () => {
  const log = await logOf(`
    const feed = wire()
    ;(() => { new ReplyBody(feed); feed.push(big()) })()
    feed.whenOver({ bodyOver: (error) => log.push('over ' + error) })
    await collect(() => feed.over)`)
  assert.deepEqual(log, ['pause', 'over undefined', 'abort'])
})

test('a short rest of a body that nobody holds is let through', async () => {
  const log = await logOf(`
    const feed = wire(100_010)
    ;(() => { new ReplyBody(feed); feed.push(big()) })()
    await collect(() => log.includes('resume'))
    feed.push(new Uint8Array(10)); feed.end()
    log.push(feed.over)`)
  assert.deepEqual(log, ['pause', 'resume', true])
})

test('a paused body that somebody holds is kept', async () => {
  const log = await logOf(`
    const feed = wire(); const body = new ReplyBody(feed); feed.push(big())
    await collectSome()
    log.push(feed.over)
    body.discard()`)
  assert.deepEqual(log, ['pause', false, 'abort'])
})

test('a body that was paused before it is gathered is gathered, though only the promise is held', async () => {
  const log = await logOf(`
    const feed = wire()
    const begin = () => { const body = new ReplyBody(feed); feed.push(big()); return body.gather() }
    const whole = begin()
    await collectSome()
    feed.push(big()); feed.end()
    log.push((await whole).length)`)
  assert.deepEqual(log, ['pause', 'resume', 2])
})

test('a piece that somebody waits for is delivered, though only the promise is held; the rest is discarded', async () => {
  const log = await logOf(`
    const feed = wire()
    const begin = async () => { const body = new ReplyBody(feed); feed.push(big()); await body.read(); return { next: body.read() } }
    const { next } = await begin()
    await collectSome()
    feed.push(new Uint8Array(5))
    log.push((await next).byteLength)
    feed.push(big())
    await collect(() => feed.over)`)
  assert.deepEqual(log, ['pause', 'resume', 5, 'pause', 'abort'])
})

test('a body that is over is left alone', async () => {
  const log = await logOf(`
    const feed = wire()
    ;(() => { new ReplyBody(feed); feed.push(big()); feed.end() })()
    await collectSome()`)
  assert.deepEqual(log, ['pause'])
})
