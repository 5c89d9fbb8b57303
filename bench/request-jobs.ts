import { type Job, postBody, uploadBytes } from './case.ts'
import { linesOf, ownHeaders, pathOf, pathsUnder } from './fetch-jobs.ts'

/** Enough of `undici.request` for every job. */
export type AnyRequest = (url: string, options?: AnyOptions) => Promise<AnyReply>

interface AnyOptions {
  readonly method?: 'POST'
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array
}

interface AnyReply {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: AsyncIterable<Uint8Array> & {
    text(): Promise<string>
    json(): Promise<unknown>
    arrayBuffer(): Promise<ArrayBuffer>
  }
}

/** A call through `undici.request`, for each job. */
export function requestJob(request: AnyRequest, base: string, job: Job): () => Promise<number> {
  const next = pathsUnder(`${base}${pathOf(job)}`)
  switch (job) {
    case 'text':
      return async () => (await (await ok(request(next()))).body.text()).length
    case 'json':
      return async () => linesOf(await (await ok(request(next()))).body.json())
    case 'headers':
      return async () => {
        const { headers, body } = await ok(request(next(), { headers: { ...ownHeaders } }))
        if (headers.etag === undefined || headers['x-request-id'] === undefined) throw new Error('a header is missing')
        return linesOf(await body.json())
      }
    case 'iterate':
      return async () => {
        let length = 0
        for await (const piece of (await ok(request(next()))).body) length += piece.byteLength
        return length
      }
    case '64k':
    case 'download':
      return async () => (await (await ok(request(next()))).body.arrayBuffer()).byteLength
    case 'upload': {
      const body = new Uint8Array(uploadBytes)
      return async () => (await (await ok(request(next(), { method: 'POST', body }))).body.text()).length
    }
    case 'post':
      return async () => {
        const headers = { 'content-type': 'application/json' }
        return (await (await ok(request(next(), { method: 'POST', body: postBody, headers }))).body.text()).length
      }
  }
}

async function ok(answer: Promise<AnyReply>): Promise<AnyReply> {
  const reply = await answer
  if (reply.statusCode !== 200) throw new Error(`status ${reply.statusCode}`)
  return reply
}
