// Compiled, never run: records of calls, and explanations.
import { type DecisionRecord, type Explanation, fixed, mesh, meshInfo, printExplanation, printRecord } from 'proxyless'

const net = mesh({ name: 'shop', records: { keep: 50, slowest: 3, window: '5m', sample: 0.5, perSecond: 10 } })
  .service('orders', (s) => s.resolve(fixed(['http://127.0.0.1:8080'])))
  .build()
void mesh({ records: false })
// @ts-expect-error an option that does not exist
void mesh({ records: { size: 3 } })
// @ts-expect-error a bad duration
void mesh({ records: { window: 'a while' } })

// Asked of anything; there may be none.
const info: DecisionRecord | undefined = meshInfo(await net.fetch('http://orders/'))
void meshInfo(new Error('x'))
// @ts-expect-error there may be no record
void printRecord(meshInfo(undefined))
if (info !== undefined) {
  const text: string = printRecord(info)
  void text
  const first = info.attempts[0]?.verdict
  // @ts-expect-error no such verdict
  void (first === 'good')
  // @ts-expect-error a record does not change
  info.service = 'users'
}

const recent: readonly DecisionRecord[] = net.recent()
void recent

// As fetch takes it.
const explained: Explanation = net.explain('http://orders/', { method: 'POST', mesh: { deadline: '1s' } })
void net.explain(new URL('http://orders/'))
void net.explain(new Request('http://orders/'))
void printExplanation(explained)
// @ts-expect-error no such outcome
void (explained.outcome === 'lost')
// @ts-expect-error a number is no URL
void net.explain(42)
