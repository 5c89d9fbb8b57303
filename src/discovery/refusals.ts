import type { EndpointSpec } from '../endpoint/endpoint.ts'
import { readEndpointAddress } from '../endpoint/endpoint-address.ts'
import { type RefusedEndpoint, specProblem } from '../endpoint/roster.ts'
import { printValue } from '../errors/print-value.ts'

/**
 * @param specs an answer that is not empty.
 * @param resolver who gave it, for the message.
 * @throws Error when nothing of the answer can be used: that is no answer, and must not take the endpoints away.
 */
export function mustHaveUsable(specs: readonly EndpointSpec[], resolver: string): void {
  if (specs.some((spec) => specProblem(spec) === undefined && readEndpointAddress(spec.url, false) !== undefined)) return
  const first = specs[0] as EndpointSpec
  const problem = specProblem(first)
  const reason = `${printValue(first.url)}${problem === undefined ? '' : `, ${problem}`}`
  throw new Error(`resolver ${resolver}: none of its ${specs.length} endpoints can be used; the first: ${reason}`)
}

/** Tells of each endpoint that was refused: once for as long as it is answered. */
export class Refusals {
  readonly #tell: (refused: RefusedEndpoint) => void
  #told: ReadonlySet<string> = new Set()

  /** @param tell told of an endpoint that was refused. */
  constructor(tell: (refused: RefusedEndpoint) => void) {
    this.#tell = tell
  }

  /** Takes what was refused of an answer. */
  note(refused: readonly RefusedEndpoint[]): void {
    const told = new Set<string>()
    for (const one of refused) {
      const key = `${one.url} ${one.problem}`
      if (!this.#told.has(key) && !told.has(key)) this.#tell(one)
      told.add(key)
    }
    this.#told = told
  }
}
