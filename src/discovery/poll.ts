import { ConfigError } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import { type Duration, durationMs } from '../runtime/duration.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { type Given, withDefaults } from '../runtime/with-defaults.ts'
import { askInTime } from './ask-in-time.ts'
import { numberedStream } from './numbered-stream.ts'
import { duration, optionProblems, refuse, share } from './option-rules.ts'
import type { Resolver, ResolverYield } from './resolver.ts'

/** What {@link poll} asks: the endpoints of a service. Throwing, or rejecting, means a fault. */
export type PollFunction = (service: string, context: PollContext) => ResolverYield | Promise<ResolverYield>

/** What a {@link PollFunction} is given beside the service. */
export interface PollContext {
  /** Ends when the answer is not needed any more; pass it on to `fetch` and the like. */
  readonly signal: AbortSignal
}

/** How {@link poll} asks. Every option has a default, see {@link pollDefaults}. */
export interface PollOptions {
  /** The pause between two questions. @defaultValue {@link pollDefaults}.every */
  readonly every: Duration
  /**
   * The share by which each pause is made shorter or longer at random, so that the processes of a fleet do not ask in step.
   *
   * @defaultValue {@link pollDefaults}.jitter
   */
  readonly jitter: number
  /** How long the function may take. Afterwards its signal is aborted, and it counts as failed. @defaultValue {@link pollDefaults}.timeout */
  readonly timeout: Duration
}

/** The defaults of {@link PollOptions}. */
export const pollDefaults: Readonly<PollOptions> = Object.freeze({ every: '10s', jitter: 0.1, timeout: '10s' })

/**
 * Asks a function for the endpoints, again and again; sooner when the mesh would like a fresh answer.
 *
 * @param ask answers with the full list, or with `{ kind: 'absent' }` when there is no such service.
 * @param options see {@link PollOptions}.
 * @returns a resolver for `.resolve(...)`.
 * @throws ConfigError when an option is wrong.
 * @example
 * ```ts
 * import { mesh, poll } from 'proxyless'
 *
 * const registry = poll(
 *   async (service, { signal }) => {
 *     const answer = await fetch(`http://registry.internal/${service}`, { signal })
 *     if (answer.status === 404) return { kind: 'absent' }
 *     if (!answer.ok) throw new Error(`the registry answered ${answer.status}`)
 *     return (await answer.json()) as string[]
 *   },
 *   { every: '5s' },
 * )
 * const net = mesh().service('orders', (s) => s.resolve(registry)).build()
 * ```
 */
export function poll(ask: PollFunction, options?: Given<PollOptions>): DescribedPart<Resolver> {
  if (typeof ask !== 'function')
    throw new ConfigError([{ path: 'poll', expected: 'a function that answers with endpoints', received: printValue(ask) }])
  refuse(optionProblems<PollOptions>(options, { every: duration, jitter: share, timeout: duration }, 'poll'))
  const settings = withDefaults(pollDefaults, options)
  const timeoutMs = durationMs(settings.timeout, 'poll.timeout')
  const everyMs = durationMs(settings.every, 'poll.every')
  return part<Resolver>('poll', { ask, ...settings }, (host) => {
    const random = numberedStream(host.random, 'poll')
    return {
      name: ask.name === '' ? 'poll' : `poll ${ask.name}`,
      async *watch(service, { signal, pause }) {
        while (!signal.aborted) {
          yield await askInTime((limited) => ask(service, { signal: limited }), signal, timeoutMs, host.clock)
          await pause(everyMs * (1 + settings.jitter * (2 * random.next() - 1)))
        }
      },
    }
  })
}
