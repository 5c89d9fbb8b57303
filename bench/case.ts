/**
 * What is measured.
 *
 * A *client* is a module with a function `open`: it is given a setting and answers with a function that makes one call. A *case* is a
 * client with a job and the way that its calls take; `catalogue.ts` lists them all. Every case runs in a process of its own, which knows
 * nothing of the others.
 *
 * To add a client: a module in `cases/`, or in `peers/` when it needs a package that the library does not, and a line in the catalogue.
 */

/** What a call does. */
export type Job = 'text' | 'json' | 'headers' | 'iterate' | '64k' | 'download' | 'upload' | 'post'

/** Where and what to call. */
export interface Setting {
  /** The servers: `http://127.0.0.1:port`, all with the same answers; or the one sidecar before them. */
  readonly urls: readonly string[]
  readonly job: Job
  /** How many calls are in flight at once. */
  readonly callers: number
}

/** A client that is ready. */
export interface OpenClient {
  /** Makes one call, reads its answer, and resolves with the number of bytes or characters that came. */
  readonly call: () => Promise<number>
}

/** What the module of a client exports as `open`. */
export type Open = (setting: Setting) => Promise<OpenClient>

/** Thrown by `open` where a client does not exist: its package is not installed, or the mesh does not have that door yet. */
export class NotHere extends Error {}

/** How long an answer is, by job, as every client must find it. */
export const answerLength: Readonly<Record<Job, number>> = {
  text: 13,
  json: 10,
  headers: 10,
  iterate: 351,
  '64k': 65_536,
  download: 1_048_576,
  upload: 2,
  post: 2,
}

/** The text of the answer to `GET /text`. */
export const textAnswer = 'hello, world!'

/** The answer to `GET /json`: ten order lines. */
export const jsonAnswer: string = JSON.stringify({
  lines: Array.from({ length: 10 }, (_, i) => ({ id: 1000 + i, name: `item ${i}`, n: i })),
})

/** Headers that come with it. */
export const jsonHeaders: readonly (readonly [string, string])[] = [
  ['cache-control', 'private, max-age=30'],
  ['etag', '"5e15153d-1a4"'],
  ['x-request-id', '4f7a2b1c-9d3e-4c55-8a11-0b7c6d5e4f3a'],
  ['x-served-by', 'orders-7c9d8b6f5-abcde'],
]

/** What the job `upload` sends. */
export const uploadBytes = 1_048_576

/** What the job `post` sends. */
export const postBody: string = JSON.stringify({ order: 42, lines: [{ id: 1000, n: 2 }], note: 'please ring twice' })
