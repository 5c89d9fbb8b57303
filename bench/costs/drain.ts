// What it takes until so many calls that wait are all let go, or all turned away, and for how long the event loop stands still meanwhile:
// `node drain.ts '{"kind":"concurrency","calls":10000}'`. There is no wire: calls end as soon as they are let go, which is the worst case.
import { type Call, fixed, type Mesh, mesh, type QuotaSource, type ResolveFunction, replied, type Transport } from '../../src/index.ts'
import { testReply } from '../../src/testing/index.ts'

const { kind, calls } = JSON.parse(process.argv[2] as string) as { kind: keyof typeof waits; calls: number }

const endpoints = Array.from({ length: 10 }, (_, i) => `http://10.0.0.${i + 1}:8080`)

/** Opened once: whoever waits for it goes on. */
function makeLatch() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

/** Answers at once, but for the first calls, which hold what the others wait for. */
function makeTransport(held: number, until: Promise<void>): Transport {
  let sent = 0
  return {
    name: 'none',
    send: () => {
      sent += 1
      return sent <= held ? until.then(() => replied(testReply())) : Promise.resolve(replied(testReply()))
    },
    close: () => Promise.resolve(),
  }
}

/** How calls come to wait, and what ends it. */
interface Waits {
  readonly held: number
  readonly make: (
    transport: Transport,
    opened: Promise<void>,
  ) => { readonly fetch: Mesh['fetch']; close(options: { grace: number }): Promise<void> }
  readonly init?: (signal: AbortSignal) => object
  readonly end: (open: () => void, close: () => void, abort: () => void) => void
}

const open = (go: () => void) => go()
const close = (_: () => void, shut: () => void) => shut()
const priceOf = ({ path }: Call) => (path === '/0' ? 1 : path === '/1' ? 0.1 : 1e-9)
const base = (transport: Transport) => mesh({ name: 'bench', transport, telemetry: false })
const limited = (queueTimeout: number) => (transport: Transport) =>
  base(transport)
    .service('orders', (s) => s.resolve(fixed(endpoints)).concurrency({ limit: 10, queue: calls, queueTimeout }))
    .build()
const rated = (quota: (opened: Promise<void>) => QuotaSource) => (transport: Transport, opened: Promise<void>) =>
  base(transport)
    .service('orders', (s) =>
      s
        .resolve(fixed(endpoints))
        .rateLimit({ permits: 4 * calls, burst: 4 * calls, per: '1s', overflow: 'queue', maxQueue: calls, quota: () => quota(opened) }),
    )
    .build()
const source = (opened: Promise<void>): QuotaSource => ({
  name: 'bench',
  outage: { policy: 'refuse', processes: 1 },
  lease: async (_terms, wanted) => {
    await opened
    return { granted: wanted, processes: 1, againMs: 0 }
  },
  giveBack: async () => {},
  close: async () => {},
})
const later = (opened: Promise<void>): ResolveFunction =>
  async function* (_service, { pause }) {
    await opened
    yield endpoints
    await pause(Number.POSITIVE_INFINITY)
  }

const waits = {
  /** A limit of the service. */
  concurrency: { held: 10, make: limited(1e6), end: open },
  /** A limit of each endpoint. */
  endpoints: {
    held: 10,
    make: (transport) =>
      base(transport)
        .service('orders', (s) => s.resolve(fixed(endpoints)).concurrency({ endpoints: { limit: 1, queue: calls } }))
        .build(),
    end: open,
  },
  /** A token bucket: all wait behind one that is dear, and cost next to nothing themselves. */
  rate: {
    held: 1,
    make: (transport) =>
      base(transport)
        .service('orders', (s) =>
          s.resolve(fixed(endpoints)).rateLimit({ permits: 1, burst: 1, per: '1s', overflow: 'queue', maxQueue: calls, cost: priceOf }),
        )
        .build(),
    end: () => {},
  },
  /** The first lease of a quota. */
  quota: { held: 0, make: rated(source), end: open },
  /** The first answer of discovery. */
  discovery: {
    held: 0,
    make: (transport, opened) =>
      base(transport)
        .service('orders', (s) => s.resolve(later(opened)))
        .build(),
    end: open,
  },
  /** The mesh is closed on those who wait for a permit of the concurrency limit, or of the quota. */
  close: { held: 10, make: limited(1e6), end: close },
  'close-quota': { held: 0, make: rated(source), end: close },
  /** One signal of all callers. */
  abort: { held: 10, make: limited(1e6), init: (signal) => ({ signal }), end: (_, __, abort) => abort() },
  /** One deadline of all calls. */
  deadline: { held: 10, make: limited(1e6), init: () => ({ mesh: { deadline: 1_000 } }), end: () => {} },
  /** One queueTimeout of all calls. */
  'queue-timeout': { held: 10, make: limited(1_000), end: () => {} },
} satisfies Record<string, Waits>

/** Lets calls wait, ends it, and says how long the loop stood still at most, if somebody watches. */
async function drain(watch: boolean) {
  const { held, make, end, init }: Waits = waits[kind]
  const latch = makeLatch()
  const leaving = new AbortController()
  const net = make(makeTransport(held, latch.opened), latch.opened)
  const order: number[] = []
  const one = async (i: number) => {
    try {
      await (await net.fetch(`http://orders/${i}`, init?.(leaving.signal) as RequestInit)).arrayBuffer()
    } catch {
      // Turned away.
    }
    order.push(i)
  }
  const begunAt = performance.now()
  const all = Array.from({ length: calls + held }, (_, i) => one(i))
  // Those that end by the clock do so a second after they began; the others begin to wait at once.
  const byClock = init !== undefined && kind === 'deadline'
  await new Promise((resolve) => setTimeout(resolve, byClock || kind === 'queue-timeout' ? 990 - (performance.now() - begunAt) : 20))
  let stallMs = 0
  let over = false
  // In time of this thread, so that other processes do not count.
  const threadMs = () => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1_000
  }
  let seenAt = threadMs()
  const look = () => {
    const now = threadMs()
    stallMs = Math.max(stallMs, now - seenAt)
    seenAt = now
    if (!over) setImmediate(look)
  }
  if (watch) look()
  const cpu = process.cpuUsage()
  const endedAt = performance.now()
  let closed: Promise<void> | undefined
  setImmediate(() =>
    end(
      latch.open,
      () => (closed = net.close({ grace: 0 })),
      () => leaving.abort(),
    ),
  )
  // Those that hold a permit end last where the others are turned away.
  let rest = calls
  const turnedAway = kind !== 'concurrency' && kind !== 'endpoints'
  await Promise.all((turnedAway ? all.slice(held) : all).map((each) => each.then(() => (rest -= 1))))
  const ms = performance.now() - endedAt
  // Where all end in one go, nobody looked in between.
  if (watch) stallMs = Math.max(stallMs, threadMs() - seenAt)
  const { user, system } = process.cpuUsage(cpu)
  over = true
  latch.open()
  await Promise.all(all)
  await (closed ?? net.close({ grace: 0 }))
  const inOrder = order.filter((i) => i >= held).every((i, at, list) => at === 0 || i > (list[at - 1] as number))
  return { stallMs, ms, cpuMs: (user + system) / 1_000, inOrder: inOrder ? 1 : 0 }
}

// The first round is compiled on the way. Of the others the least counts: the collector of garbage and other processes come on top in some.
await drain(true)
const watched = [await drain(true), await drain(true), await drain(true), await drain(true), await drain(true)]
const { ms, cpuMs, inOrder } = await drain(false)
const stallMs = Math.min(...watched.map((round) => round.stallMs))
const all = Math.min(inOrder, ...watched.map((round) => round.inOrder))
process.stdout.write(`${JSON.stringify({ stallMs, ms, cpuMs, inOrder: all })}\n`)
process.exit()
