import type { Attempt } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import type { CallBody } from '../call/call-body.ts'
import type { Layer, Send } from '../call/layer.ts'
import { failed, type Outcome } from '../call/outcome.ts'
import type { Reply } from '../call/reply.ts'
import { MeshError } from '../errors/mesh-error.ts'
import { printValue } from '../errors/print-value.ts'
import type { Host } from '../runtime/host.ts'

/**
 * Puts a guard around a user's layer, so that a mistake in it costs one call and not the process:
 *
 * - what it throws, or rejects with, becomes an `INTERNAL` outcome, and so does an answer that is not an outcome;
 * - passing on a call whose body can be read once, when that body is being sent or was sent already, is refused.
 *
 * @param policy the name of the policy, for messages.
 * @param layer the user's layer.
 * @param host of the service.
 */
export function guardLayer<C extends Call | Attempt>(policy: string, layer: Layer<C>, host: Host): Layer<C> {
  const internal = (sentence: string, cause: unknown): Outcome => {
    host.emit('part-threw', { service: host.service, part: `policy ${policy}`, error: cause })
    return failed(new MeshError('INTERNAL', `the policy "${policy}" ${sentence}`, { service: host.service, sent: true }, cause))
  }
  return (next) => {
    const send: unknown = layer(guardNext(next, internal))
    if (typeof send !== 'function') throw new TypeError(`the policy "${policy}" made ${printValue(send)} in place of a layer's function`)
    return async (call) => {
      try {
        const outcome: unknown = await (send as Send<C>)(call)
        return isOutcome(outcome) ? outcome : internal(`answered with ${printValue(outcome)} instead of an outcome`, outcome)
      } catch (error) {
        return internal(`threw: ${error instanceof Error ? error.message : printValue(error)}`, error)
      }
    }
  }
}

function guardNext<C extends Call | Attempt>(next: Send<C>, internal: (sentence: string, cause: unknown) => Outcome): Send<C> {
  // Not the body's own word alone: one that waits for a connection was not opened yet, and a second attempt beside it would open it, too.
  const underway = new WeakSet<CallBody>()
  return async (call) => {
    const { body } = 'call' in call ? call.call : call
    if (body.whole) return next(call)
    if (!body.sendable || (underway.has(body) && body.shareable !== true)) {
      const sentence = 'passed on a call twice whose body can be read once'
      return internal(sentence, new Error(sentence))
    }
    underway.add(body)
    try {
      return await next(call)
    } finally {
      underway.delete(body)
    }
  }
}

function isOutcome(value: unknown): value is Outcome {
  if (typeof value !== 'object' || value === null) return false
  const { ok, reply, error } = value as { ok?: unknown; reply?: Partial<Reply>; error?: unknown }
  return ok === true ? typeof reply?.body?.whenOver === 'function' : ok === false && MeshError.is(error)
}
