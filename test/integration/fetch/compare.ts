import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Mesh, mesh } from '../../../src/index.ts'

export type Fetch = typeof globalThis.fetch

/** The version of undici behind the built-in fetch: older ones lack what newer ones have. */
export const builtInMajor = Number(process.versions.undici?.split('.')[0])

/** What a caller sees of an error: its kind and its message, and whether there is more below. Of a wrong argument only its kind. */
export function seen(error: unknown): unknown {
  if (error instanceof DOMException) return error.name
  if (!(error instanceof Error)) return { thrown: error }
  const isArgument = error instanceof TypeError && error.cause === undefined
  return {
    kind: error.constructor.name,
    message: isArgument || error instanceof SyntaxError ? undefined : error.message,
    cause: error.cause !== undefined,
  }
}

/** What comes of using a fetch: a value or an error. */
export async function outcomeOf(run: (fetch: Fetch) => Promise<unknown>, fetch: Fetch): Promise<unknown> {
  try {
    return { value: await run(fetch) }
  } catch (error) {
    return { error: seen(error) }
  }
}

/** A mesh without services, so that every call goes straight out. */
export function passthroughMesh(t: TestContext): Mesh {
  const net = mesh({ name: 'door' }).build()
  t.after(() => net.close({ grace: 0 }))
  return net
}

/** A test that `run` comes to the same through the built-in fetch and through `net.fetch`. */
export function comesToTheSame(name: string, run: (fetch: Fetch, t: TestContext) => Promise<unknown>): void {
  test(`net.fetch does what the built-in fetch does: ${name}`, { timeout: 60_000 }, async (t) => {
    const expected = await outcomeOf((fetch) => run(fetch, t), globalThis.fetch)
    assert.deepEqual(await outcomeOf((fetch) => run(fetch, t), passthroughMesh(t).fetch as Fetch), expected)
  })
}

/** Everything that a response says about itself, but for when. */
export async function described(response: Response): Promise<unknown> {
  const { status, statusText, ok, type, redirected, url, bodyUsed } = response
  const headers = [...response.headers].filter(([name]) => name !== 'date')
  const path = url.replace(/^http:\/\/127\.0\.0\.1:\d+/, '')
  return { status, statusText, ok, type, redirected, path, bodyUsed, headers, hasBody: response.body !== null, text: await response.text() }
}
