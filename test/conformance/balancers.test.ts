import { affinity } from '../../src/balancing/affinity.ts'
import { aperture } from '../../src/balancing/aperture.ts'
import type { BalanceFunction } from '../../src/balancing/balancer.ts'
import { boundedLoad } from '../../src/balancing/bounded-load.ts'
import { inFlight } from '../../src/balancing/in-flight.ts'
import { leastRequest } from '../../src/balancing/least-request.ts'
import type { LoadMeter } from '../../src/balancing/load-meter.ts'
import { loadReports } from '../../src/balancing/load-reports.ts'
import { maglev } from '../../src/balancing/maglev.ts'
import { peakEwma } from '../../src/balancing/peak-ewma.ts'
import { powerOfTwo } from '../../src/balancing/power-of-two.ts'
import { prequal } from '../../src/balancing/prequal.ts'
import { primaryBackup } from '../../src/balancing/primary-backup.ts'
import { random } from '../../src/balancing/random.ts'
import { randomSubset } from '../../src/balancing/random-subset.ts'
import { rendezvous } from '../../src/balancing/rendezvous.ts'
import { ringHash } from '../../src/balancing/ring-hash.ts'
import { roundRobin } from '../../src/balancing/round-robin.ts'
import { slowStart } from '../../src/balancing/slow-start.ts'
import { weightedRandom } from '../../src/balancing/weighted-random.ts'
import { weightedRoundRobin } from '../../src/balancing/weighted-round-robin.ts'
import { part } from '../../src/runtime/part.ts'
import { balancerSuite } from '../../src/testing/balancer-suite.ts'
import { loadMeterSuite } from '../../src/testing/load-meter-suite.ts'

const leastBusy: BalanceFunction = (endpoints, _call) => endpoints.toSorted((a, b) => a.inFlight - b.inFlight)[0]
const byPath: BalanceFunction = (endpoints, call) =>
  endpoints.toSorted((a, b) => (a.address < b.address ? -1 : 1))[(Number(call.path.split('/')[2]) * 7919) % endpoints.length]
const firstOfAll: BalanceFunction = (endpoints) => endpoints[0]

/** The meter of the module comment of load-meter.ts. */
const busy = () => part<LoadMeter>('busy', {}, () => ({ name: 'busy', load: (endpoint) => endpoint.inFlight, began: () => () => {} }))

balancerSuite({ name: 'round robin', balancer: () => roundRobin() })
balancerSuite({ name: 'weighted round robin', balancer: () => weightedRoundRobin() })
balancerSuite({ name: 'random', balancer: () => random() })
balancerSuite({ name: 'weighted random', balancer: () => weightedRandom() })
balancerSuite({ name: 'least request', balancer: () => leastRequest() })
balancerSuite({ name: 'least request, three of more than three', balancer: () => leastRequest({ choices: 3, fullScanBelow: 0 }) })
balancerSuite({ name: 'power of two, in flight', balancer: () => powerOfTwo(inFlight()) })
balancerSuite({ name: 'power of two, peak EWMA', balancer: () => powerOfTwo(peakEwma()) })
balancerSuite({ name: 'power of two, a meter of the user', balancer: () => powerOfTwo(busy()) })
balancerSuite({ name: 'ring hash', balancer: () => ringHash({ hashOn: 'path', minSize: 1_024 }), steady: true, ignoresOrder: true })
balancerSuite({ name: 'maglev', balancer: () => maglev({ hashOn: 'path', tableSize: 1_009 }), steady: true, ignoresOrder: true })
balancerSuite({ name: 'rendezvous', balancer: () => rendezvous({ hashOn: 'path' }), steady: true, ignoresOrder: true })
balancerSuite({
  name: 'bounded ring hash',
  balancer: () => boundedLoad(ringHash({ hashOn: 'path', minSize: 1_024 })),
  steady: true,
  ignoresOrder: true,
})
balancerSuite({
  name: 'bounded maglev',
  balancer: () => boundedLoad(maglev({ hashOn: 'path', tableSize: 1_009 })),
  steady: true,
  ignoresOrder: true,
})
balancerSuite({ name: 'bounded rendezvous', balancer: () => boundedLoad(rendezvous({ hashOn: 'path' })), steady: true, ignoresOrder: true })
balancerSuite({ name: 'bounded power of two', balancer: () => boundedLoad(powerOfTwo(inFlight()), { factor: 1 }) })
balancerSuite({ name: 'primary and backup', balancer: () => primaryBackup(), steady: true, reachesAll: false })
balancerSuite({ name: 'random subset', balancer: () => randomSubset({ size: 3, balancer: roundRobin() }), reachesAll: false })
balancerSuite({
  name: 'random subset, hashed',
  balancer: () => randomSubset({ size: 3, balancer: rendezvous({ hashOn: 'path' }) }),
  reachesAll: false,
  steady: true,
  ignoresOrder: true,
})
balancerSuite({ name: 'load reports', balancer: () => loadReports() })
balancerSuite({ name: 'prequal', balancer: () => prequal() })
balancerSuite({ name: 'slow start of round robin', balancer: () => slowStart(roundRobin()) })
balancerSuite({ name: 'slow start of least request', balancer: () => slowStart(leastRequest()) })
balancerSuite({ name: 'affinity by header', balancer: () => affinity(powerOfTwo(inFlight()), { header: 'x-at' }) })
balancerSuite({
  name: 'affinity by cookie, over a hash',
  balancer: () => affinity(rendezvous({ hashOn: 'path' }), { cookie: { name: 'at' } }),
  steady: true,
  ignoresOrder: true,
})
balancerSuite({
  name: 'ring hash without its table yet',
  balancer: () => ringHash({ hashOn: 'path' }),
  steady: true,
  ignoresOrder: true,
  cases: 20,
})
balancerSuite({
  name: 'maglev without its table yet',
  balancer: () => maglev({ hashOn: 'path' }),
  steady: true,
  ignoresOrder: true,
  cases: 20,
})
balancerSuite({ name: 'aperture of everything', balancer: () => aperture({ peer: 1, peers: 3 }) })
balancerSuite({ name: 'aperture of a part', balancer: () => aperture({ peer: 1, peers: 3, min: 2 }), reachesAll: false })
balancerSuite({ name: 'a bare function: least busy', balancer: () => leastBusy, steady: true })
balancerSuite({ name: 'a bare function: by path', balancer: () => byPath, steady: true, ignoresOrder: true })
balancerSuite({ name: 'a bare function: the first', balancer: () => firstOfAll, steady: true, reachesAll: false })

loadMeterSuite({ name: 'in flight', meter: () => inFlight(), forgetsAtOnce: true })
loadMeterSuite({ name: 'peak EWMA', meter: () => peakEwma() })
loadMeterSuite({ name: 'a meter of the user', meter: () => busy(), forgetsAtOnce: true })
