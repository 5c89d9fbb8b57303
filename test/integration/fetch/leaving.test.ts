/** Callers that leave at every moment and for every reason, beside what the built-in fetch gives them. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { httpServer } from '../transport/wire.ts'
import { builtInMajor, comesToTheSame, type Fetch, passthroughMesh, seen } from './compare.ts'

/** A server that sends a part of what it announces, or nothing at all, and waits. */
async function stopping(t: TestContext): Promise<string> {
  const { url } = await httpServer(t, (request, response) => {
    if (request.url !== '/silent') response.writeHead(200, { 'content-length': '100' }).write('first')
  })
  return url
}

const reasons: Record<string, unknown> = {
  'no reason': undefined,
  'a text': 'text',
  'an error': new RangeError('mine'),
  'an object': { any: 'thing' },
}
type Leaving = (fetch: Fetch, url: string, controller: AbortController, leave: () => void) => Promise<unknown>
const moments: Record<string, Leaving> = {
  'before the call': (fetch, url, { signal }, leave) => {
    leave()
    return fetch(`${url}/silent`, { signal })
  },
  'in the same breath': (fetch, url, { signal }, leave) => {
    const fetching = fetch(`${url}/silent`, { signal })
    leave()
    return fetching
  },
  'before the reply': (fetch, url, { signal }, leave) => {
    setTimeout(leave, 20)
    return fetch(`${url}/silent`, { signal })
  },
  'before the reply, by a Request': (fetch, url, { signal }, leave) => {
    setTimeout(leave, 20)
    return fetch(new Request(`${url}/silent`, { signal }))
  },
  'while the body is read as text': async (fetch, url, { signal }, leave) => {
    const response = await fetch(url, { signal })
    setTimeout(leave, 20)
    return response.text()
  },
  'while a reader waits': async (fetch, url, { signal }, leave) => {
    const reader = (await fetch(url, { signal })).body?.getReader()
    await reader?.read()
    setTimeout(leave, 20)
    return reader?.read()
  },
  'between reply and body': async (fetch, url, { signal }, leave) => {
    const response = await fetch(url, { signal })
    leave()
    return response.text()
  },
  'while a clone is read as well': async (fetch, url, { signal }, leave) => {
    const response = await fetch(url, { signal })
    setTimeout(leave, 20)
    return Promise.all([response.clone().text().catch(seen), response.text().catch(seen)])
  },
}
for (const [when, leaving] of Object.entries(moments)) {
  // There, the built-in fetch of Node 22 throws something of its own.
  if (when === 'between reply and body' && builtInMajor < 7) continue
  for (const [what, reason] of Object.entries(reasons)) {
    comesToTheSame(`leaving ${when} with ${what}`, async (fetch, t) => {
      const url = await stopping(t)
      const controller = new AbortController()
      return leaving(fetch, url, controller, () => controller.abort(reason))
    })
  }
}

test('a reason that is no object is given exactly, also in the middle of the body', async (t) => {
  const net = passthroughMesh(t)
  const url = await stopping(t)
  for (const reason of [0, null, false, '']) {
    const controller = new AbortController()
    const response = await net.fetch(url, { signal: controller.signal })
    setTimeout(() => controller.abort(reason), 10)
    await assert.rejects(response.text(), (thrown) => thrown === reason)
  }
})
