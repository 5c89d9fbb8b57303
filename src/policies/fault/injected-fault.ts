import type { Attempt } from '../../call/attempt.ts'
import { BodyFeed, type BodySource } from '../../call/body-feed.ts'
import type { Reply } from '../../call/reply.ts'
import { ReplyBody } from '../../call/reply-body.ts'
import { MeshError, type MeshErrorCode } from '../../errors/mesh-error.ts'
import { faultHeader } from './fault-options.ts'

const noWire: BodySource = Object.freeze({ pause: () => {}, resume: () => {}, abort: () => {} })
const text = new TextEncoder().encode('fault injected\n')

/** A reply that no server gave, and that says so in the header `x-proxyless-fault`. */
export function injectedReply(status: number, method: string): Reply {
  const bodiless = method === 'HEAD' || status === 204 || status === 205 || status === 304
  const feed = new BodyFeed(noWire, bodiless ? 0 : text.byteLength)
  if (!bodiless) feed.push(new Uint8Array(text))
  feed.end()
  const headers = {
    'content-type': 'text/plain',
    [faultHeader]: 'abort',
    ...(bodiless ? {} : { 'content-length': String(text.byteLength) }),
  }
  return { status, statusText: '', headers, body: new ReplyBody(feed) }
}

function injected(attempt: Attempt, code: MeshErrorCode, message: string, sent: boolean, cause?: unknown): MeshError {
  const { call, endpoint } = attempt
  const facts = { service: call.service, endpoint: endpoint.address, sent, injected: true }
  return new MeshError(code, `injected fault: ${message} (${endpoint.address})`, facts, cause)
}

/** As the system reports it, so that code which looks for its words finds them. */
function systemError(message: string, code: string, syscall: string): Error {
  return Object.assign(new Error(message), { code, syscall })
}

/** What an attempt fails with whose connection was lost after the request was sent. */
export function injectedReset(attempt: Attempt): MeshError {
  const cause = systemError('read ECONNRESET', 'ECONNRESET', 'read')
  return injected(attempt, 'CONNECTION_LOST', 'the connection was lost before a reply came', true, cause)
}

/** What an attempt fails with at whose address nobody listens. */
export function injectedRefusal(attempt: Attempt): MeshError {
  const { hostname, port } = attempt.endpoint
  const cause = systemError(`connect ECONNREFUSED ${hostname}:${port}`, 'ECONNREFUSED', 'connect')
  return injected(attempt, 'CONNECT_FAILED', 'cannot connect', false, cause)
}

/** What an attempt fails with that nobody answers and nobody ends. */
export function injectedTimeout(attempt: Attempt, afterMs: number): MeshError {
  return injected(attempt, 'ATTEMPT_TIMEOUT', `no reply within ${afterMs} ms in attempt ${attempt.number}`, true)
}

/** What a body fails with that is cut off. */
export function injectedCut(attempt: Attempt, afterBytes: number): MeshError {
  return injected(attempt, 'CONNECTION_LOST', `the reply was cut short after ${afterBytes} bytes`, true)
}
