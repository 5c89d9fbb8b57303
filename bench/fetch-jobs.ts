import { type Job, postBody, uploadBytes } from './case.ts'

/** Enough of fetch for every job; the built-in one, undici's, and that of the mesh all have it. */
export type AnyFetch = (url: string, init?: AnyInit) => Promise<AnyResponse>

interface AnyInit {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array<ArrayBuffer>
}

interface AnyResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: AsyncIterable<Uint8Array> | null
  text(): Promise<string>
  json(): Promise<unknown>
  arrayBuffer(): Promise<ArrayBuffer>
}

/** Headers of a request as programs send them. */
export const ownHeaders: Readonly<Record<string, string>> = Object.freeze({
  accept: 'application/json',
  authorization: 'Bearer 0123456789abcdef',
  'x-request-id': '4f7a2b1c-9d3e-4c55-8a11-0b7c6d5e4f3a',
  'x-tenant': 'acme',
})

/** Makes the paths of the calls: a thousand different ones, because a program's are not all the same either. */
export function pathsUnder(prefix: string): () => string {
  let count = 0
  return () => `${prefix}?order=${(count = (count + 1) % 1_000)}`
}

/** A call through a fetch function, for each job. */
export function fetchJob(fetch: AnyFetch, base: string, job: Job): () => Promise<number> {
  const next = pathsUnder(`${base}${pathOf(job)}`)
  switch (job) {
    case 'text':
      return async () => (await (await ok(fetch(next()))).text()).length
    case 'json':
      return async () => linesOf(await (await ok(fetch(next()))).json())
    case 'headers':
      return async () => {
        const response = await ok(fetch(next(), { headers: { ...ownHeaders } }))
        const { headers } = response
        if (headers.get('etag') === null || headers.get('x-request-id') === null) throw new Error('a header is missing')
        return linesOf(await response.json())
      }
    case 'iterate':
      return async () => {
        let length = 0
        for await (const piece of (await ok(fetch(next()))).body ?? []) length += piece.byteLength
        return length
      }
    case '64k':
    case 'download':
      return async () => (await (await ok(fetch(next()))).arrayBuffer()).byteLength
    case 'upload': {
      const body = new Uint8Array(uploadBytes)
      return async () => (await (await ok(fetch(next(), { method: 'POST', body }))).text()).length
    }
    case 'post':
      return async () => {
        const headers = { 'content-type': 'application/json' }
        return (await (await ok(fetch(next(), { method: 'POST', body: postBody, headers }))).text()).length
      }
  }
}

/** Where the servers have what a job asks for. */
export function pathOf(job: Job): string {
  if (job === 'text') return '/text'
  if (job === '64k') return '/64k'
  if (job === 'download') return '/1m'
  return job === 'upload' || job === 'post' ? '/sink' : '/json'
}

async function ok(answer: Promise<AnyResponse>): Promise<AnyResponse> {
  const response = await answer
  if (response.status !== 200) throw new Error(`status ${response.status}`)
  return response
}

/** The number of lines in the answer to `GET /json`. */
export function linesOf(answer: unknown): number {
  return (answer as { lines: unknown[] }).lines.length
}
