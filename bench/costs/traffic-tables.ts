import { type CostTable, fixedTo, type Run } from './costs.ts'

const permits = [
  'token bucket',
  'leaky bucket',
  'token bucket, one of 1,024 by header',
  'quota, leased',
  'concurrency limit',
  'permit of an endpoint',
  'admission',
  'route of 20',
  'mirror of share 0',
  'faults, disabled',
  'faults, not hit',
]

const drains = {
  concurrency: 'a limit of the service',
  endpoints: 'a limit of each endpoint',
  rate: 'a rate limit',
  quota: 'the first lease of a quota',
  discovery: 'the first answer of discovery',
  close: 'closed on while they wait for a limit of the service',
  'close-quota': 'closed on while they wait for a quota',
  abort: 'one signal of all callers',
  deadline: 'one deadline of all calls',
  'queue-timeout': 'one queueTimeout of all calls',
}

/** What traffic control costs a call that passes, and ten thousand that had to wait. */
export async function trafficTables(run: Run, quick: boolean): Promise<CostTable[]> {
  const passing = [['', 'ns', 'bytes']]
  for (const what of permits) {
    const { ns, bytes } = await run('traffic', { what }, quick ? 1 : 3)
    passing.push([what, fixedTo(ns, 0), fixedTo(bytes, 0)])
  }
  const draining = [['', 'longest stall of the event loop, ms', 'CPU us a call']]
  const calls = 10_000
  for (const [kind, title] of Object.entries(drains)) {
    const { stallMs, cpuMs = Number.NaN } = await run('drain', { kind, calls }, quick ? 1 : 3)
    draining.push([title, fixedTo(stallMs, 1), fixedTo((cpuMs * 1_000) / calls, 1)])
  }
  return [
    { title: 'Traffic control, of a call that is not held up', rows: passing },
    { title: 'Ten thousand calls that waited, until the last one is over', rows: draining },
  ]
}
