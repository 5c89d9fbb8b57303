import type { Call } from '../call/call.ts'
import { clientAddress, inherited } from '../call/inbound-call.ts'
import type { Layer } from '../call/layer.ts'
import { mirrorOf } from '../call/mirror-of.ts'
import type { Host } from '../runtime/host.ts'
import { inboundRequest } from './inbound-context.ts'

/**
 * Gives a call the deadline of the inbound request in whose service it is made, if that is the earlier one. Where nothing is captured it
 * costs a look at a variable.
 *
 * @param host time.
 * @returns a layer that surrounds the deadline.
 */
export function inherit(host: Host): Layer<Call> {
  return (next) => (call) => {
    const request = inboundRequest()
    // A copy has a deadline of its own, and is nobody's answer.
    if (request === undefined || call.context.get(mirrorOf) !== undefined) return next(call)
    const { leftMs, attempt, trace, client } = request
    const deadline = leftMs === Number.POSITIVE_INFINITY ? leftMs : host.clock.now() + leftMs
    const limits = deadline < call.deadline
    call.context.set(inherited, { attempt, limits, deadline, trace })
    if (client !== undefined) call.context.set(clientAddress, client)
    return next(limits ? call.with({ deadline }) : call)
  }
}
