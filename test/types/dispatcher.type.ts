/** Compiled, never run: what takes a dispatcher takes the mesh's, whichever undici its types come from. */

import { fixed, mesh } from 'proxyless'
import * as undici8 from 'undici'
import * as undici6 from 'undici6'
import * as undici7 from 'undici7'

const net = mesh()
  .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:80'])).subset('version', ['v1', 'v2']))
  .build()
const { dispatcher } = net

export async function everyUndiciTakesIt(): Promise<void> {
  const six: undici6.Dispatcher = dispatcher
  const seven: undici7.Dispatcher = dispatcher
  const eight: undici8.Dispatcher = dispatcher
  undici6.setGlobalDispatcher(six)
  undici7.setGlobalDispatcher(seven)
  undici8.setGlobalDispatcher(eight)
  await undici6.request('http://orders/', { dispatcher })
  await undici7.request('http://orders/', { dispatcher })
  await undici8.request('http://orders/', { dispatcher })
  await undici6.fetch('http://orders/', { dispatcher })
  await undici7.fetch('http://orders/', { dispatcher })
  await undici8.fetch('http://orders/', { dispatcher })
  new undici8.RetryAgent(dispatcher)
}

export async function theBuiltInFetchTakesIt(): Promise<void> {
  await fetch('http://orders/', { dispatcher })
}

export async function interceptorsComposeOnIt(): Promise<void> {
  const composed: undici8.Dispatcher = dispatcher.compose(
    undici8.interceptors.redirect({ maxRedirections: 1 }),
    undici8.interceptors.dump(),
  )
  await undici8.request('http://orders/', { dispatcher: composed })
}

export async function closingIsWithPromisesOrCallbacks(): Promise<void> {
  await dispatcher.close()
  dispatcher.close(() => {})
  await dispatcher.destroy(new Error('enough'))
  dispatcher.destroy(() => {})
}

export async function aRequestHasTheTypesOfUndici(): Promise<void> {
  const result = await net.request('http://orders/v1', { method: 'POST', body: new FormData(), mesh: { deadline: '1s' } })
  const status: number = result.statusCode
  const text: string = await result.body.text()
  const opaque: { readonly id: number } = (await net.request<{ id: number }>(new URL('http://orders'), { opaque: { id: 1 } })).opaque
  void [status, text, opaque]
  // @ts-expect-error a duration is '300ms' or a number of milliseconds
  await net.request('http://orders', { mesh: { deadline: 'soon' } })
  // @ts-expect-error the URL says where to
  await net.request('http://orders', { path: '/elsewhere' })
}
