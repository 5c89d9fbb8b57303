import type { Overview } from '../admin/overview.ts'
import { Silence } from './silence.ts'
import { TopError } from './top-error.ts'

const longestFrame = 64 * 2 ** 20

/** How a page is read. */
export interface OverviewSource {
  /** Of the page. */
  readonly url: URL
  /** See `AdminHandlerOptions.token`. */
  readonly token: string | undefined
  /** How long it may say nothing, in milliseconds. */
  readonly timeoutMs: number
}

/**
 * Reads the overviews of an admin page as they come.
 *
 * @param source see {@link OverviewSource}.
 * @param stop ends the stream.
 * @throws TopError with a sentence for whoever started the program.
 */
export async function* overviewStream({ url, token, timeoutMs }: OverviewSource, stop: AbortSignal): AsyncGenerator<Overview, void> {
  const at = new URL('api/stream', url)
  const silence = new Silence(timeoutMs, at.href)
  const signal = AbortSignal.any([stop, silence.signal])
  try {
    yield* overviewsAt(at, token, signal, silence)
  } catch (error) {
    if (stop.aborted) return
    throw silence.error ?? error
  } finally {
    silence.end()
  }
}

async function* overviewsAt(at: URL, token: string | undefined, signal: AbortSignal, silence: Silence): AsyncGenerator<Overview, void> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  let response: Response
  try {
    response = await fetch(at, { headers, signal })
  } catch (error) {
    const { cause } = error as { cause?: unknown }
    throw new TopError(`${at.href} cannot be reached: ${cause instanceof Error ? cause.message || cause.name : String(error)}`, {
      cause: error,
    })
  }
  if (!response.ok || response.body === null) throw new TopError(`${at.href} answered ${response.status}: ${await reasonOf(response)}`)
  if (!(response.headers.get('content-type') ?? '').startsWith('text/event-stream'))
    throw new TopError(`${at.href} is not an admin page of a mesh`)
  let left = ''
  try {
    for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
      silence.broken()
      const messages = `${left}${part}`.split('\n\n')
      left = messages.pop() ?? ''
      if (left.length > longestFrame) throw new TopError(`${at.href} sends more than can be shown`)
      for (const message of messages) if (message.startsWith('data: ')) yield readOverview(message.slice(6), at)
    }
  } catch (error) {
    throw error instanceof TopError ? error : new TopError(`the connection to ${at.href} broke: ${String(error)}`, { cause: error })
  }
}

/** Somebody else may send events, too. */
function readOverview(text: string, at: URL): Overview {
  const read = parsed(text)
  if (typeof read?.mesh === 'string' && Array.isArray(read.services) && Array.isArray(read.events)) return read as Overview
  throw new TopError(`${at.href} is not an admin page of a mesh`)
}

function parsed(text: string): Partial<Overview> | undefined {
  try {
    return (JSON.parse(text) as Partial<Overview> | null) ?? undefined
  } catch {
    return undefined
  }
}

async function reasonOf(response: Response): Promise<string> {
  const text = await response.text()
  try {
    const { error } = JSON.parse(text) as { error?: unknown }
    if (typeof error === 'string') return response.status === 401 ? `${error}; give it with --token or PROXYLESS_ADMIN_TOKEN` : error
  } catch {
    // Somebody else answered.
  }
  return response.statusText
}
