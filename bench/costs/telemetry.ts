// What telling about a call costs: `node telemetry.ts '{"mode":"recorded","ms":500}'`. There is no wire: what differs between the modes is the telemetry.
import { fixed, mesh, replied } from 'proxyless'
import { testReply } from 'proxyless/testing'
import { startTracing, type TracingOptions } from 'proxyless/tracing'

type Mode = 'off' | 'none' | 'unsampled' | 'dropped' | 'recorded' | 'access-log'

const { mode, ms } = JSON.parse(process.argv[2] as string) as { mode: Mode; ms: number }

const nowhere = {
  export: (_spans: unknown[], done: (result: { code: number }) => void) => setImmediate(done, { code: 0 }),
  shutdown: () => Promise.resolve(),
}
const usual: TracingOptions = { service: 'bench', exporter: nowhere, every: '100ms', queue: 100_000 }
const setups: Partial<Record<Mode, TracingOptions>> = {
  unsampled: { ...usual, sample: 0, keep: false },
  dropped: { ...usual, sample: 0 },
  recorded: usual,
}
const setup = setups[mode]
const tracing = setup === undefined ? undefined : startTracing(setup)

let bytes = 0
const accessLog = { to: (line: string) => void (bytes += line.length) }
const telemetry =
  mode === 'off' ? false : mode === 'access-log' ? { accessLog, callSpan: 'never' as const } : { callSpan: 'never' as const }
const net = mesh({
  name: 'bench',
  telemetry,
  transport: { name: 'none', send: () => Promise.resolve(replied(testReply())), close: () => Promise.resolve() },
})
  .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080'])))
  .build()

async function callFor(lengthMs: number): Promise<number> {
  const until = performance.now() + lengthMs
  let calls = 0
  while (performance.now() < until) {
    for (let i = 0; i < 100; i += 1) await (await net.fetch('http://orders/v1/42')).text()
    calls += 100
    // The batch processor works between turns.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return calls
}

await callFor(ms)
const before = process.cpuUsage()
const calls = await callFor(ms)
const { user, system } = process.cpuUsage(before)
await net.close()
await tracing?.stop()
const { exported = 0, queueFull = 0 } = tracing?.counts().spans ?? {}
process.stdout.write(`${JSON.stringify({ cpuUs: (user + system) / calls, exported, queueFull, bytes })}\n`, () => process.exit(0))
