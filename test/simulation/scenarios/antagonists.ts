import { writeLoadReport } from '../../../src/call/load-report.ts'
import { leastRequest, peakEwma, powerOfTwo, prequal, roundRobin } from '../../../src/index.ts'
import { exponential, lognormal, poisson, type SimulatedServer, type SimulatedWorld, servers } from '../../../src/testing/index.ts'
import { c3 } from './c3.ts'
import { balancing, compare, figure, inOrder, request, type Scenario } from './scenario.ts'

const clients = 45
const serverCount = 30
const workers = 10
/** In proportion to the servers: 16 of 100 in the paper. */
const pool = 5
const workMs = 100

/** How fast a server is, for how much of the time: alone on its machine, beside others, and beside some that take what is not theirs. */
const speeds = [
  { speed: 1.5, share: 0.7 },
  { speed: 1, share: 0.2 },
  { speed: 0.5, share: 0.1 },
]
const meanStayMs = 4_000

/** Lets the neighbours of each server come and go. */
function haunt(world: SimulatedWorld): void {
  const chance = world.random.fork('antagonists')
  const stay = exponential(meanStayMs)
  const move = (server: SimulatedServer): void => {
    let draw = chance.next()
    server.speed = (speeds.find(({ share }) => (draw -= share) < 0) ?? { speed: 1 }).speed
    world.clock.schedule(stay(chance), () => move(server))
  }
  for (const server of world.servers) move(server)
}

const server = { serviceMs: lognormal(0.88 * workMs, 0.5), workers, discipline: 'shared' } as const

/** Servers that say how busy they are. */
const telling = servers(serverCount, {
  ...server,
  headers: ({ inFlight, latencyMs }) => ({
    'endpoint-load-metrics': writeLoadReport({ 'named_metrics.rif': inFlight, 'named_metrics.latency_ms': latencyMs }),
  }),
})

const world = {
  clients,
  servers: servers(serverCount, server),
  arrivals: poisson((0.9 * 1_000 * serverCount * workers) / workMs),
  duration: '6s',
  warmUp: '1500ms',
  changes: [{ at: 0, change: haunt }],
} as const

export const scenario: Scenario = {
  title: 'Antagonists: servers whose machines are not theirs alone',
  about:
    'The test bed of the Prequal paper in small: 45 clients, 30 servers at 90 % of what is theirs. Most have more than that at hand; a tenth at a time has half of it.',
  variants: {
    ...compare(
      {
        roundRobin: () => roundRobin(),
        'least loaded': () => leastRequest({ choices: serverCount }),
        'powerOfTwo(peakEwma())': () => powerOfTwo(peakEwma()),
      },
      world,
    ),
    ...compare(
      { 'C3 (custom)': () => c3(clients), 'prequal()': () => prequal({ pool }), 'prequal() with a large pool': () => prequal() },
      { ...world, servers: telling },
    ),
    'prequal() with probes': {
      ...world,
      request,
      mesh: (client) =>
        balancing(() =>
          prequal({
            pool,
            probe: async ({ address }) => {
              const server = client.world.at(address) as SimulatedServer
              return { rif: server.inFlight, latencyMs: server.latencyMs }
            },
          }),
        )(client),
    },
  },
  claims: (figures) => {
    const p99 = (variant: string): number => figure(figures, variant).p99Ms
    // The paper, whose Prequal always probes, has 9.3 times its p99 for the least loaded, more than that for round robin, and 1.06 times for C3.
    inOrder(
      [1.8 * p99('prequal() with probes'), p99('least loaded'), p99('roundRobin') / 2],
      'p99: prequal with probes, least loaded, round robin',
    )
    inOrder([p99('prequal() with probes'), p99('C3 (custom)'), 2 * p99('prequal() with probes')], 'p99: C3 and prequal with probes')
    inOrder([p99('prequal()'), p99('C3 (custom)')], 'p99: prequal by reports, C3')
    for (const variant of ['prequal()', 'prequal() with a large pool']) {
      inOrder([1.6 * p99(variant), p99('least loaded')], `p99: ${variant} by reports, least loaded`)
    }
  },
}
