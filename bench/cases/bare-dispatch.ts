import { Client } from 'undici'
import type { Open } from '../case.ts'
import { pathsUnder } from '../fetch-jobs.ts'

/**
 * The floor: undici's `Client.dispatch` with a handler that counts bytes. One client, which is one connection, for each call in flight; no
 * text, no pool, no headers of the request's own.
 */
export const open: Open = async ({ urls: [url], callers }) => {
  const free = Array.from({ length: callers }, () => new Client(url as string))
  const next = pathsUnder('/text')
  return {
    call: () =>
      new Promise((resolve, reject) => {
        const client = free.pop() as Client
        let length = 0
        const dispatched = client.dispatch(
          { path: next(), method: 'GET', headers: null },
          {
            onRequestStart: () => {},
            onResponseStart: (_controller, status) => {
              if (status !== 200) reject(new Error(`status ${status}`))
            },
            onResponseData: (_controller, chunk) => {
              length += chunk.length
            },
            onResponseEnd: () => {
              free.push(client)
              resolve(length)
            },
            onResponseError: (_controller, error) => reject(error),
          },
        )
        if (dispatched === undefined) reject(new Error('not dispatched'))
      }),
  }
}
