// What telling about a call costs, beside what an SDK takes for such a span: `node telemetry.ts '{"mode":"recorded","slices":60}'`. Without a `url`
// there is no wire: what is left is the mesh. Slices of the loops take turns in one process, and the lower quartile of each counts: what else runs on
// the machine only ever adds.
import { fixed, type Mesh, type MeshOptions, mesh, replied } from 'proxyless'
import { testReply } from 'proxyless/testing'
import { type Mode, type SdkLine, startSdk } from './telemetry-sdk.ts'

interface Input {
  readonly mode: Mode
  /** @defaultValue `3` */
  readonly line?: SdkLine
  readonly slices: number
  /** A server to call. */
  readonly url?: string
}

const { mode, line = 3, slices, url }: Input = JSON.parse(process.argv[2] as string)
const callsPerTurn = 50
const turnsPerSlice = 20
const warmUpSlices = 20

let bytes = 0
const accessLog = { to: (text: string) => void (bytes += text.length) }
const sdk = startSdk(mode, line)

function meshOf(telemetry: MeshOptions['telemetry']): Mesh {
  const none = { name: 'none', send: () => Promise.resolve(replied(testReply())), close: () => Promise.resolve() }
  return mesh({ name: 'bench', telemetry, ...(url === undefined ? { transport: none } : {}) })
    .service('orders', (s) =>
      s.resolve(fixed(url === undefined ? ['http://10.0.0.7:8080', 'http://10.0.0.8:8080'] : [new URL(url).origin])),
    )
    .build()
}

const target = url === undefined ? 'http://orders/v1/42' : `http://orders${new URL(url).pathname}`
const callOf = (net: Mesh) => async (): Promise<void> => {
  await (await net.fetch(target)).text()
}

async function slice(call: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  for (let turn = 0; turn < turnsPerSlice; turn += 1) {
    await sdk.inRequest(async () => {
      // Over a socket all at once: one caller alone wakes the server with every call, and that costs more, and varies more, than the mesh.
      if (url !== undefined) await Promise.all(Array.from({ length: callsPerTurn }, call))
      else for (let i = 0; i < callsPerTurn; i += 1) await call()
    })
    // Batches are made between turns.
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / (turnsPerSlice * callsPerTurn)
}

const off = meshOf(false)
const on = meshOf(mode === 'access-log' ? { accessLog } : undefined)
const loops = [callOf(off), callOf(on), sdk.span] as const
const figures: readonly number[][] = loops.map(() => [])
for (let i = -warmUpSlices; i < slices; i += 1) {
  for (const [at, loop] of loops.entries()) {
    const cpuUs = await slice(loop)
    if (i >= 0) figures[at]?.push(cpuUs)
  }
}
const [offUs, onUs, sdkUs] = figures.map((each) => each.sort((a, b) => a - b)[Math.floor(each.length / 4)]) as [number, number, number]
await off.close()
await on.close()
const more = onUs - offUs
process.stdout.write(`${JSON.stringify({ offUs, onUs, more, sdkUs, ratio: more / sdkUs, bytes })}\n`, () => process.exit(0))
