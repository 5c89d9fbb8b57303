import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'

const suites = new URL('../../../src/testing/', import.meta.url).href

/** What a run of a suite came to: the laws that were broken, and what it said about them. */
interface Run {
  readonly broken: readonly string[]
  readonly said: string
}

/** Runs suites that are all named `x`, in one process of their own: a suite that fails must not fail this run. */
async function runSuites(...registrations: readonly string[]): Promise<readonly Run[]> {
  const source = `
    import { balancerSuite } from '${suites}balancer-suite.ts'
    import { loadMeterSuite } from '${suites}load-meter-suite.ts'
    ${registrations.map((registration, index) => registration.replace("name: 'x'", `name: 'x${index}'`)).join('\n')}`
  // Inside a test run, the runner would speak its own binary language instead of TAP.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const args = ['--test-reporter=tap', '--input-type=module', '--eval', source]
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { env, timeout: 30_000, maxBuffer: 2 ** 26 }, (_error, stdout, stderr) => resolve(stdout + stderr))
  })
  assert.match(output, /^# pass \d+/m, output)
  return registrations.map((_registration, index) => {
    const said = output.split(/^# Subtest: /m).filter((part) => part.startsWith(`x${index}: `))
    assert.ok(said.length > 0, `nothing of ${index} was run`)
    const broken = said.flatMap((part) => /^not ok \d+ - x\d+: (.*)$/m.exec(part)?.[1] ?? [])
    return { broken, said: said.join('') }
  })
}

/** A balancer in which only picking matters. */
const picking = (pick: string, promises = '') =>
  `balancerSuite({ name: 'x', cases: 30, ${promises} balancer: () => () => ({ name: 'x', picker: (endpoints) => ({ pick: ${pick} }) }) })`

test('a balancer that keeps all laws passes', async () => {
  const good = `({ isSpent }) => endpoints.filter((e) => !isSpent(e)).toSorted((a, b) => a.inFlight - b.inFlight || (a.address < b.address ? -1 : 1))[0] ?? endpoints[0]`
  const [run] = await runSuites(picking(good, 'steady: true, ignoresOrder: true,'))
  assert.deepEqual(run?.broken, [])
})

test('each law is broken by the balancer that it is there for', async () => {
  const spent = 'an endpoint that the call has tried is avoided while there is another'
  const underway = 'an endpoint where an attempt of the call is under way is avoided while there is another'
  const cases: [pick: string, promises: string, law: string][] = [
    [`() => ({ address: 'http://elsewhere' })`, '', 'the choice is one of the set, whatever is in flight'],
    [`() => undefined`, '', 'the choice is one of the set, whatever is in flight'],
    [`() => endpoints[Math.floor(Math.random() * endpoints.length)]`, '', spent],
    [`({ call }) => endpoints.find((e) => !call.spent.some(({ endpoint }) => endpoint === e)) ?? endpoints[0]`, '', underway],
    [`({ isSpent }) => endpoints.find((e) => !isSpent(e))`, '', 'when the call has tried every endpoint, it may try one again'],
    [`({ isSpent }) => endpoints.find((e) => !isSpent(e)) ?? endpoints[0]`, '', 'every endpoint is reached'],
    [`() => endpoints.length === 1 ? undefined : endpoints[0]`, '', 'a single endpoint gets every call'],
    [
      `() => endpoints[Math.floor(Math.random() * endpoints.length)]`,
      'steady: true,',
      'the same call gets the same endpoint while nothing changes',
    ],
    [`() => endpoints[0]`, 'steady: true, ignoresOrder: true,', 'the order of endpoints makes no difference'],
    [`() => endpoints.sort(() => -1)[0]`, '', 'choosing leaves the list of endpoints as it is'],
  ]
  const runs = await runSuites(...cases.map(([pick, promises]) => picking(pick, promises)))
  for (const [index, [pick, , law]] of cases.entries()) {
    const { broken, said } = runs[index] as Run
    assert.ok(broken.includes(law), `${pick} broke ${JSON.stringify(broken)}`)
    assert.match(said, /case \d+ of seed '\d+': pass it as \\?"seed\\?" to repeat it/)
  }
})

test('a picker that forgets its own set is found out', async () => {
  const [run] = await runSuites(`
    let newest
    balancerSuite({ name: 'x', cases: 30, reachesAll: false, balancer: () => () => ({ name: 'x', picker: (endpoints) => {
      newest = endpoints
      return { pick: ({ isSpent }) => newest.find((e) => !isSpent(e)) ?? newest[0] }
    } }) })`)
  assert.deepEqual(run?.broken, ['a picker stays usable, and keeps to its own set, when a newer one exists'])
})

test('a seed repeats a run, and another one makes another run', async () => {
  const failing = (seed: string) =>
    picking(`({ call }) => { throw new Error('path ' + endpoints.length + endpoints.map((e) => e.weight).join('')) }`, `seed: '${seed}',`)
  const runs = await runSuites(failing('monday'), failing('monday'), failing('tuesday'))
  const [first, again, other] = runs.map(({ said }) => [...said.matchAll(/path (\d+)/g)].map(([, path]) => path).join())
  assert.equal(again, first)
  assert.notEqual(other, first)
})

test('each law of meters is broken by the meter that it is there for', async () => {
  const counting = `const counts = new WeakMap(), add = (e, n) => counts.set(e, (counts.get(e) ?? 0) + n), load = (e) => counts.get(e) ?? 0`
  const cases: [meter: string, law: string][] = [
    [`return { load: () => Number.NaN, began: () => () => {} }`, 'a load is a number that can be compared'],
    [`let n = 0; return { load: () => n++, began: () => () => {} }`, 'reading a load changes nothing'],
    [
      `${counting}; return { load, began: (e) => { add(e, -1); return () => add(e, 1) } }`,
      'an attempt in flight never makes its endpoint look better',
    ],
    [`let n = 0; return { load: () => n, began: () => { n += 1; return () => { n -= 1 } } }`, 'an attempt concerns no other endpoint'],
    [`${counting}; return { load, began: (e) => (verdict, ms) => add(e, ms) }`, 'an attempt that is ignored leaves no trace'],
    [
      `${counting}; return { load, began: (e) => ({ kind }) => add(e, kind === 'failure' ? -1 : kind === 'success' ? 1 : 0) }`,
      'a failure never looks better than a success that took as long',
    ],
    [
      `${counting}; return { load, began: (e) => { add(e, 1); return ({ kind }) => { if (kind !== 'failure') add(e, -1) } } }`,
      'when everything has ended, the load is back where it was',
    ],
  ]
  const registered = cases.map(
    ([meter]) => `loadMeterSuite({ name: 'x', cases: 30, forgetsAtOnce: true, meter: () => () => { ${meter} } })`,
  )
  const runs = await runSuites(...registered)
  for (const [index, [meter, law]] of cases.entries()) {
    const { broken } = runs[index] as Run
    assert.ok(broken.includes(law), `${meter} broke ${JSON.stringify(broken)}`)
  }
})

test('a meter that keeps all laws passes', async () => {
  const [run] = await runSuites(`
    loadMeterSuite({ name: 'x', forgetsAtOnce: true, meter: () => () => ({ load: (e) => e.inFlight, began: () => () => {} }) })`)
  assert.deepEqual(run?.broken, [])
})
