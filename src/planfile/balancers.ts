/** The balancers and load meters that a file can name: one line each, and the schema of its options. */
import * as v from 'valibot'
import { type AffinityCookie, type AffinityOptions, affinity } from '../balancing/affinity.ts'
import { type ApertureOptions, aperture, apertureDefaults } from '../balancing/aperture.ts'
import type { BalancerPart } from '../balancing/balancer.ts'
import { type BoundedLoadOptions, boundedLoad, boundedLoadDefaults } from '../balancing/bounded-load.ts'
import { inFlight } from '../balancing/in-flight.ts'
import { type LeastRequestOptions, leastRequest, leastRequestDefaults } from '../balancing/least-request.ts'
import type { LoadMeter } from '../balancing/load-meter.ts'
import { type LoadReportsOptions, loadReports, loadReportsDefaults } from '../balancing/load-reports.ts'
import { type MaglevOptions, maglev, maglevDefaults } from '../balancing/maglev.ts'
import { type PeakEwmaOptions, peakEwma, peakEwmaDefaults } from '../balancing/peak-ewma.ts'
import { powerOfTwo } from '../balancing/power-of-two.ts'
import { type PrequalOptions, prequal, prequalByReports, prequalDefaults } from '../balancing/prequal.ts'
import { primaryBackup } from '../balancing/primary-backup.ts'
import { random } from '../balancing/random.ts'
import { type RandomSubsetOptions, randomSubset } from '../balancing/random-subset.ts'
import { type RendezvousOptions, rendezvous, rendezvousDefaults } from '../balancing/rendezvous.ts'
import { type RingHashOptions, ringHash, ringHashDefaults } from '../balancing/ring-hash.ts'
import { roundRobin } from '../balancing/round-robin.ts'
import { type SlowStartOptions, slowStart, slowStartDefaults } from '../balancing/slow-start.ts'
import { weightedRandom } from '../balancing/weighted-random.ts'
import { weightedRoundRobin } from '../balancing/weighted-round-robin.ts'
import { hashOn } from '../mesh/hash-on-schema.ts'
import { tokenInFile, tokenPattern, withForm } from '../mesh/plan-form.ts'
import { callable, duration, flag, integer, number, oneOf, options, strategy, thing } from '../mesh/plan-pieces.ts'
import type { Part } from '../runtime/host.ts'
import { type Strategy, takes } from './strategy.ts'

/** Every option must have a schema: a new one that is forgotten here does not compile. */
type SchemaOf<T> = { readonly [K in keyof T]-?: v.GenericSchema }

const inner = () => strategy<BalancerPart>('balancer', 'a balancer such as roundRobin or { powerOfTwo: peakEwma }')
const meter = (): v.GenericSchema<Part<LoadMeter>> =>
  withForm(
    v.custom<Part<LoadMeter>>((value) => typeof value === 'function', 'a load meter such as inFlight or { peakEwma: { decay: 10s } }'),
    { kind: 'strategy', of: 'meter' },
  )
const positive = () => duration({ from: 0, above: true })
const whole = (from: number, to = Number.MAX_SAFE_INTEGER) => integer({ from, to })
const nothing = options({})

/** Takes the inner balancer apart from the options, as the functions do that wrap one. */
function around<O extends object>(wrap: (balancer: BalancerPart, options: O) => unknown) {
  return ({ balancer, ...rest }: { readonly balancer: BalancerPart } & O) => wrap(balancer, rest as unknown as O)
}

const token = (expected: string) => thing<string>(expected, (value) => typeof value === 'string' && tokenPattern.test(value), tokenInFile)

const affinityCookie = options({
  name: token('the name of a cookie'),
  path: v.optional(
    thing<string>("a path that begins with '/'", (value) => typeof value === 'string' && /^\/[^;\s]*$/.test(value), {
      type: 'string',
      pattern: '^/[^;\\s]*$',
    }),
    '/',
  ),
  ttl: v.optional(duration({ from: 1_000 })),
  secure: v.optional(flag()),
  sameSite: v.optional(oneOf(['Strict', 'Lax', 'None'])),
} satisfies SchemaOf<AffinityCookie>)

const aperturePlace = { peer: whole(0), peers: whole(1), min: v.optional(whole(1), apertureDefaults.min) }

const metrics = thing<readonly string[]>(
  "a list of names such as 'named_metrics.queue'",
  (value) => Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== ''),
  { type: 'array', items: { type: 'string', minLength: 1 } },
)

/** For `balance`, and for balancers around balancers. */
export const balancers: Readonly<Record<string, Strategy>> = {
  roundRobin: takes(nothing, () => roundRobin()),
  weightedRoundRobin: takes(nothing, () => weightedRoundRobin()),
  random: takes(nothing, () => random()),
  weightedRandom: takes(nothing, () => weightedRandom()),
  primaryBackup: takes(nothing, () => primaryBackup()),
  powerOfTwo: takes(meter(), powerOfTwo),
  leastRequest: takes(
    options({
      choices: v.optional(whole(2, 64), leastRequestDefaults.choices),
      bias: v.optional(number({ from: 0, to: 10 }), leastRequestDefaults.bias),
      fullScanBelow: v.optional(number({ from: 0, endless: true }), leastRequestDefaults.fullScanBelow),
    } satisfies SchemaOf<LeastRequestOptions>),
    leastRequest,
  ),
  ringHash: takes(
    options({
      hashOn,
      minSize: v.optional(whole(1, 8_388_608), ringHashDefaults.minSize),
      maxSize: v.optional(whole(1, 8_388_608), ringHashDefaults.maxSize),
    } satisfies SchemaOf<RingHashOptions>),
    ringHash,
  ),
  maglev: takes(
    options({ hashOn, tableSize: v.optional(whole(2, 5_000_011), maglevDefaults.tableSize) } satisfies SchemaOf<MaglevOptions>),
    maglev,
  ),
  rendezvous: takes(
    options({ hashOn, recentKeys: v.optional(whole(0, 1_048_576), rendezvousDefaults.recentKeys) } satisfies SchemaOf<RendezvousOptions>),
    rendezvous,
  ),
  boundedLoad: takes(
    options({
      balancer: inner(),
      factor: v.optional(number({ from: 1, to: 100 }), boundedLoadDefaults.factor),
    } satisfies SchemaOf<BoundedLoadOptions & { balancer: BalancerPart }>),
    around(boundedLoad),
  ),
  slowStart: takes(
    options({
      balancer: inner(),
      window: v.optional(positive(), slowStartDefaults.window),
      minWeight: v.optional(number({ from: 0.001, to: 1 }), slowStartDefaults.minWeight),
      aggression: v.optional(number({ from: 0.1, to: 100 }), slowStartDefaults.aggression),
    } satisfies SchemaOf<SlowStartOptions & { balancer: BalancerPart }>),
    around(slowStart),
  ),
  affinity: takes(
    options({
      balancer: inner(),
      cookie: v.optional(affinityCookie),
      header: v.optional(token('the name of a header')),
      strict: v.optional(flag(), false),
    } satisfies SchemaOf<AffinityOptions & { balancer: BalancerPart }>),
    around(affinity),
  ),
  randomSubset: takes(options({ size: whole(1), balancer: inner() } satisfies SchemaOf<RandomSubsetOptions>), randomSubset),
  aperture: takes(options({ ...aperturePlace, meter: v.optional(meter()) } satisfies SchemaOf<ApertureOptions>), aperture),
  loadReports: takes(
    options({
      blackout: v.optional(duration({ from: 0 }), loadReportsDefaults.blackout),
      expiration: v.optional(positive(), loadReportsDefaults.expiration),
      update: v.optional(duration({ from: 0 }), loadReportsDefaults.update),
      errorPenalty: v.optional(number({ from: 0, to: 1_000 }), loadReportsDefaults.errorPenalty),
      metrics: v.optional(metrics),
    } satisfies SchemaOf<LoadReportsOptions>),
    loadReports,
  ),
  prequal: takes(
    options({
      probe: v.optional(callable('a function (endpoint, signal) => answer')),
      probeTimeout: v.optional(positive(), prequalDefaults.probeTimeout),
      mostProbes: v.optional(whole(1, 10_000), prequalDefaults.mostProbes),
      probes: v.optional(number({ from: 0.1, to: 16 }), prequalByReports.probes),
      removals: v.optional(number({ from: 0, to: 16 }), prequalByReports.removals),
      pool: v.optional(whole(2, 1_024), prequalDefaults.pool),
      maxAge: v.optional(positive(), prequalDefaults.maxAge),
      quantile: v.optional(number({ from: 0, to: 1 }), prequalDefaults.quantile),
    } satisfies SchemaOf<PrequalOptions>),
    prequal,
  ),
}

/** For balancers that take a load meter. */
export const meters: Readonly<Record<string, Strategy>> = {
  inFlight: takes(nothing, () => inFlight()),
  peakEwma: takes(
    options({
      decay: v.optional(positive(), peakEwmaDefaults.decay),
      seed: v.optional(positive(), peakEwmaDefaults.seed),
      penalty: v.optional(positive(), peakEwmaDefaults.penalty),
      forceProbe: v.optional(duration({ from: 0, above: true, endless: true }), peakEwmaDefaults.forceProbe),
    } satisfies SchemaOf<PeakEwmaOptions>),
    peakEwma,
  ),
}
