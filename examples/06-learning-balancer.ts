// What you learn: a balancer of your own that learns from replies. Each server says in a header how many jobs it has queued; a load meter reads that,
// and the balancer takes the shortest queue it knows of.
import { type Balancer, type Endpoint, fixed, type LoadMeter, mesh, part, replyHeader } from 'proxyless'
import { startServer } from './support/start-server.ts'

/** What the endpoints said last. A meter hears of every attempt, and of its reply. */
function queueLengths(): LoadMeter {
  const lengths = new WeakMap<Endpoint, number>()
  return {
    name: 'queue-lengths',
    load: (endpoint) => lengths.get(endpoint) ?? 0,
    began(endpoint) {
      const end: ReturnType<LoadMeter['began']> = () => {}
      end.answered = (_verdict, _latencyMs, outcome) => {
        const length = outcome?.ok ? Number(replyHeader(outcome.reply.headers, 'x-queue')) : Number.NaN
        if (length >= 0) lengths.set(endpoint, length)
      }
      return end
    },
  }
}

const shortestQueue = () =>
  part<Balancer>('shortest-queue', {}, () => {
    const meter = queueLengths()
    return {
      name: 'shortest-queue',
      meters: [meter],
      picker: (endpoints) => ({
        pick({ isSpent }) {
          const fresh = endpoints.filter((endpoint) => !isSpent(endpoint))
          return (fresh.length > 0 ? fresh : endpoints).toSorted((a, b) => meter.load(a) - meter.load(b))[0]
        },
      }),
    }
  })

const queues = { one: 7, two: 2, three: 5 }
const servers = await Promise.all(
  Object.entries(queues).map(([name, length]) =>
    startServer(name, (request, response) => {
      request.resume()
      response.setHeader('x-queue', length).end(name)
    }),
  ),
)

await using net = mesh({ name: 'custom-balancer' })
  .service('jobs', (s) => s.resolve(fixed(servers.map(({ url }) => url))).balance(shortestQueue()))
  .build()

const answers: string[] = []
for (let call = 0; call < 6; call += 1) answers.push(await (await net.fetch('http://jobs/')).text())
console.log(answers.join(' ')) // prints: one two three two two two

// The laws that every balancer keeps are tests that you can run on yours: balancerSuite and loadMeterSuite in proxyless/testing.
for (const server of servers) await server.close()
