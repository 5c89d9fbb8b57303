// What you learn: the same key at the same endpoint, for caches and shards; what moves when an endpoint goes; and a key that the caller gives.
import { boundedLoad, fixed, maglev, mesh } from 'proxyless'
import { startServer } from './support/start-server.ts'

const servers = await Promise.all(Array.from({ length: 5 }, (_, index) => startServer(`cache-${index + 1}`)))
const [leaving] = servers

// One user's calls go to one server, by a header. No server gets more than twice its part of what is in flight.
await using net = mesh({ name: 'consistent-hashing' })
  .service('thumbnails', (s) =>
    s
      .resolve(fixed(servers.map(({ url }) => url)))
      .balance(boundedLoad(maglev({ hashOn: { header: 'x-user' }, tableSize: 2_039 }), { factor: 2 })),
  )
  .build()

const users = Array.from({ length: 200 }, (_, index) => `user-${index}`)
const serverOf = async (user: string) => {
  const response = await net.fetch('http://thumbnails/', { headers: { 'x-user': user } })
  return ((await response.json()) as { name: string }).name
}
const owners = async () => new Map(await Promise.all(users.map(async (user) => [user, await serverOf(user)] as const)))

// One after the other, so that nobody is full.
const before = new Map<string, string>()
for (const user of users) before.set(user, await serverOf(user))
const again = new Map<string, string>()
for (const user of users) again.set(user, await serverOf(user))
console.log(
  'the same twice:',
  users.every((user) => before.get(user) === again.get(user)),
) // prints: the same twice: true

// Whatever its headers say, a call with a key of its own goes by that.
const byKey = new Set<string>()
for (const user of users.slice(0, 20)) {
  const response = await net.fetch('http://thumbnails/', { headers: { 'x-user': user }, mesh: { hashKey: 'album-7' } })
  byKey.add(((await response.json()) as { name: string }).name)
}
console.log('servers for one key:', byKey.size) // prints: servers for one key: 1

// All at once, a server that is full hands its users on to the next one that they prefer.
const crowded = await owners()
console.log('servers at work:', new Set(crowded.values()).size) // prints: servers at work: 5

// A server goes. Its users move, and next to nobody else.
const { plan } = net
const rest = fixed(servers.slice(1).map(({ url }) => url))
net.apply({ ...plan, services: { thumbnails: { ...plan.services.thumbnails, resolver: rest } } })
while ((net.snapshot().services.thumbnails?.endpoints.length ?? 0) > 4) await new Promise((resolve) => setTimeout(resolve, 5))
await leaving?.close()
let movedOthers = 0
for (const [user, owner] of before) if (owner !== 'cache-1' && (await serverOf(user)) !== owner) movedOthers += 1
console.log('few others moved:', movedOthers < 10) // prints: few others moved: true

for (const server of servers.slice(1)) await server.close()
