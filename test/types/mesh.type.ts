// Compiled, never run: what a mesh accepts, and beside it what it refuses.
import { fixed, type Mesh, type MeshPlan, mesh, type ServiceClient } from 'proxyless'

const net = mesh({ name: 'shop' })
  .service('orders', (s) =>
    s
      .resolve(fixed(['http://127.0.0.1:8080']))
      .subset('version', ['v1', 'v2'])
      .subset('tier', ['gold']),
  )
  .service('users', (s) => s.resolve(fixed(['http://127.0.0.1:8081'])))
  .build()

// Services by name.
const orders = net.service('orders')
const same: ServiceClient<{ version: 'v1' | 'v2'; tier: 'gold' }> = orders
void same
// @ts-expect-error no such service
net.service('nope')

// Paths begin with a slash.
void orders.fetch('/v1/42', { method: 'POST', body: 'x', headers: { a: 'b' } })
// @ts-expect-error no slash
void orders.fetch('v1/42')
// @ts-expect-error a whole URL
void orders.fetch('http://orders/v1/42')
const id: string = 'x'
void orders.fetch(`/v1/${id}`)

// Subsets are those that were declared.
void orders.fetch('/', { mesh: { subset: { version: 'v2' }, deadline: '300ms' } })
void orders.fetch('/', { mesh: { subset: { version: 'v1', tier: 'gold' }, retry: false } })
// @ts-expect-error no such value
void orders.fetch('/', { mesh: { subset: { version: 'v3' } } })
// @ts-expect-error no such label
void orders.fetch('/', { mesh: { subset: { colour: 'blue' } } })
// @ts-expect-error this service has no subsets
void net.service('users').fetch('/', { mesh: { subset: { version: 'v1' } } })
void net.service('users').fetch('/', { mesh: { idempotent: true } })
// @ts-expect-error a bad duration
void orders.fetch('/', { mesh: { deadline: '3 sec' } })
// @ts-expect-error an option that does not exist
void orders.fetch('/', { mesh: { deadlines: '3s' } })

// A label is declared once, with at least one value.
const found = fixed(['http://127.0.0.1:8080'])
// @ts-expect-error the same label
mesh().service('a', (s) => s.resolve(found).subset('version', ['v1']).subset('version', ['v2']))
// @ts-expect-error values are a list
mesh().service('a', (s) => s.resolve(fixed(['http://b'])).subset('version', 'v1'))

// Fetch is fetch.
void net.fetch('http://orders/v1/42')
void net.fetch(new URL('http://orders/v1/42'), { mesh: { subset: { version: 'v2' } } })
void net.fetch(new Request('http://orders/v1/42'))
const anyFetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response> = net.fetch
void anyFetch
const builtIn: typeof fetch = net.fetch
void builtIn
// @ts-expect-error an option that does not exist
void net.fetch('http://orders/', { mesh: { retries: false } })

// Code that takes any mesh.
function anyMesh(some: Mesh): Promise<Response> {
  return some.service('whatever').fetch('/', { mesh: { subset: { any: 'label' } } })
}
void anyMesh(net)

// Plans: a finished one has numbers, an edited copy may have text; it is read-only.
const plan: MeshPlan = net.plan
const ms: number = plan.services.orders?.deadline ?? 0
void ms
if (plan.services.orders !== undefined) {
  net.apply({ ...plan, services: { ...plan.services, orders: { ...plan.services.orders, deadline: '2s', retry: { attempts: 2 } } } })
  // @ts-expect-error read-only
  plan.services.orders.deadline = 5
}
// @ts-expect-error a service needs a resolver
net.apply({ services: { orders: {} } })
net.apply(mesh().plan())

// Events carry what they say.
net.on('endpoints-changed', ({ service, total }) => console.log(service.length, total.toFixed()))
// @ts-expect-error no such event
net.on('exploded', () => {})

// Circuits are forced by a word.
orders.circuit.force('open')
orders.circuit.force(undefined, 'http://127.0.0.1:8080')
const state: 'closed' | 'open' | 'half-open' = orders.circuit.state
void state
// @ts-expect-error no such state
orders.circuit.force('half-open')

// A mesh is disposable.
export async function scope(): Promise<void> {
  await using scoped = mesh().build()
  await scoped.close({ grace: '1s' })
}
