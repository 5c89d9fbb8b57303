/**
 * Values that no schema refuses seldom go together: weights add up to 100, and a mirror needs somebody who takes it. This changes the little that makes
 * them a setting of a service `orders` with versions `v1` and `v2`, beside a service `users` with the same.
 */
export function goingTogether(slot: string, value: unknown): unknown {
  const change = changes[slot]
  if (change === undefined || value === false) return value
  return change(value)
}

type Settings = Readonly<Record<string, unknown>>

const changes: Readonly<Record<string, (value: unknown) => unknown>> = {
  split: (value) => splitOf(value as Settings),
  mirror: (value) => mirrorOf(value as Settings),
  fault: (value) => faultOf(value as Settings),
  route: (value) => (value as readonly Settings[]).map(routeOf),
  locality: (value) => ({ ...(value as Settings), zone: 'a', mode: 'weighted', weights: { a: 2, b: 1 } }),
  subsetFallback: (value) => (typeof value === 'string' ? value : { subset: { version: 'v1' } }),
}

function splitOf({ ramp, stable, ...others }: Settings): unknown {
  const { over, steps: _, curve, ...rest } = (ramp ?? {}) as Settings
  const ramped = { ...rest, to: { v1: 20, v2: 80 }, ...(over === undefined ? { steps: [{ after: '10m', share: 0.5 }] } : { over, curve }) }
  return {
    ...others,
    by: 'version',
    weights: { v1: 95, v2: 5 },
    ...(stable !== undefined && { stable: 'v2' }),
    ...(ramp !== undefined && { ramp: JSON.parse(JSON.stringify(ramped)) as unknown }),
  }
}

function mirrorOf({ to, ...others }: Settings): unknown {
  return { ...others, to: typeof to === 'string' ? 'users' : { service: 'users', subset: { version: 'v2' } } }
}

function faultOf({ delay: _, abort, ...others }: Settings): unknown {
  const { share = 0.1, status } = (abort ?? {}) as Settings
  return { ...others, delay: { share: 0.1, time: '1ms' }, abort: { share, ...(status === undefined ? { error: 'reset' } : { status }) } }
}

function routeOf({ attemptTimeout, retry, subset, rewrite, match, ...others }: Settings, i: number): unknown {
  const { share: _, ...matched } = match as Settings
  return {
    ...Object.fromEntries(Object.entries(others).map(([name, value]) => [name, goingTogether(name, value)])),
    name: `route ${i}`,
    // Each for paths of its own, so that none takes the calls of another.
    match: { ...matched, path: { prefix: `/v${i}` } },
    ...(subset !== undefined && { subset: { version: 'v1' } }),
    ...(rewrite !== undefined && { rewrite: { ...(rewrite as Settings), path: { prefix: '/other' } } }),
    ...(retry === undefined ? attemptTimeout !== undefined && { attemptTimeout: '100ms' } : { retry: { attempts: 2 } }),
  }
}
