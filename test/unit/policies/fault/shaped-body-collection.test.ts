import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const from = (file: string) => JSON.stringify(new URL(`../../../../src/${file}`, import.meta.url).href)

for (const shape of ['{ cutAfterBytes: 1e9, bytesPerSecond: Infinity }', '{ cutAfterBytes: Infinity, bytesPerSecond: 1e9 }']) {
  test(`a body with the shape ${shape} that nobody holds any more lets go of the wire`, async () => {
    const source = `
      import { BodyFeed } from ${from('call/body-feed.ts')}
      import { ReplyBody } from ${from('call/reply-body.ts')}
      import { ShapedBody } from ${from('policies/fault/shaped-body.ts')}
      import { systemClock } from ${from('runtime/system-clock.ts')}
      const log = []
      const feed = new BodyFeed({ pause: () => log.push('pause'), resume: () => log.push('resume'), abort: () => log.push('abort') }, undefined)
      const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
      ;(() => { ShapedBody.over(new ReplyBody(feed), undefined, ${shape}, systemClock, () => new Error('cut')) })()
      for (let i = 0; i < 4; i += 1) { feed.push(new Uint8Array(100_000)); await sleep(5) }
      for (let i = 0; i < 200 && !feed.over; i += 1) { gc(); await sleep(i < 20 ? 1 : 20) }
      console.log(JSON.stringify([log.at(0), log.at(-1), feed.over]))`
    const { stdout } = await run(process.execPath, ['--expose-gc', '--input-type=module', '--eval', source], { timeout: 30_000 })
    assert.deepEqual(JSON.parse(stdout), ['pause', 'abort', true])
  })
}
