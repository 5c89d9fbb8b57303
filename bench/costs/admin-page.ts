// What the admin page costs the calls of its program: `node admin-page.ts '{"mode":"viewer","ms":2000}'`. There is no wire: what differs between the
// modes is the page. Who looks is a process of its own, as a browser is.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fixed, mesh, replied } from 'proxyless'
import { startAdmin } from 'proxyless/admin'
import { testReply } from 'proxyless/testing'

type Mode = 'off' | 'nobody' | 'viewer'

const { mode, ms } = JSON.parse(process.argv[2] as string) as { mode: Mode; ms: number }

const endpoints = Array.from({ length: 20 }, (_, i) => `http://10.0.0.${i + 1}:8080`)
const net = mesh({
  name: 'bench',
  transport: { name: 'none', send: () => Promise.resolve(replied(testReply())), close: () => Promise.resolve() },
})
  .service('orders', (s) => s.resolve(fixed(endpoints)))
  .service('users', (s) => s.resolve(fixed(endpoints)))
  .build()
const admin = mode === 'off' ? undefined : await startAdmin(net, { port: 0 })

/** Reads the stream, and says how many frames came when it is told to end. */
const look = `
let frames = 0
process.on('SIGTERM', () => process.stdout.write(String(frames), () => process.exit(0)))
const { body } = await fetch(process.argv[1])
for await (const part of body.pipeThrough(new TextDecoderStream())) frames += part.split('\\n\\n').length - 1`
const viewer =
  mode === 'viewer'
    ? spawn(process.execPath, ['--input-type=module', '-e', look, `${admin?.url}api/stream`], { stdio: ['ignore', 'pipe', 'inherit'] })
    : undefined

async function callFor(lengthMs: number): Promise<number> {
  const until = performance.now() + lengthMs
  let calls = 0
  while (performance.now() < until) {
    for (let i = 0; i < 100; i += 1) await (await net.fetch('http://orders/v1/42')).text()
    calls += 100
    // Frames are made between turns.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return calls
}

await callFor(Math.max(ms, 1_000))
const before = process.cpuUsage()
const calls = await callFor(ms)
const { user, system } = process.cpuUsage(before)
let frames = 0
if (viewer !== undefined) {
  viewer.kill('SIGTERM')
  const [printed] = (await once(viewer.stdout, 'data')) as [Buffer]
  frames = Number(printed)
  if (frames === 0) throw new Error('nobody looked')
}
await admin?.close()
await net.close()
process.stdout.write(`${JSON.stringify({ cpuUs: (user + system) / calls, frames })}\n`, () => process.exit(0))
