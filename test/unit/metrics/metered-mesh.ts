/** A mesh in virtual time without a wire, for tests of what it counts. */
import { fixed, type MeshOptions, mesh, roundRobin, type ServiceDraft } from '../../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

export const one = 'http://10.0.0.1:8080'
export const two = 'http://10.0.0.2:8080'

type Script = Parameters<typeof scriptedTransport>[0]
type Configure = (s: ServiceDraft) => unknown

export function meteredMesh(
  script: Script,
  configure: Configure = (s) => s,
  options: MeshOptions = {},
  urls: readonly string[] = [one, two],
) {
  const clock = fakeClock()
  const transport = scriptedTransport(script)
  const net = mesh({ name: 'shop', clock, transport, random: seededRandom('metrics'), ...options })
    .service('orders', (s) => (configure(s) as ServiceDraft).resolve(fixed(urls)).balance(roundRobin()))
    .build()
  const call = async (url = 'http://orders/', init?: RequestInit) => {
    const outcome = net.fetch(url, init).then(
      (response) => response.text(),
      () => 'failed',
    )
    return clock.until(outcome)
  }
  return { clock, transport, net, call }
}

/** The value of a series in the text of Prometheus; `undefined` when there is none. Labels are compared without their order. */
export function valueIn(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  for (const line of text.split('\n')) {
    const found = /^([a-zA-Z_:]+)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (found?.[1] !== name) continue
    const known = Object.fromEntries([...(found[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, value]) => [key, value]))
    if (Object.entries(labels).every(([key, value]) => known[key] === value)) return Number(found[3])
  }
  return undefined
}
