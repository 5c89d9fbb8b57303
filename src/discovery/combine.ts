import { ConfigError, type ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import type { Resolution, Resolver } from './resolver.ts'
import { Sources, type SourceView } from './sources.ts'
import { type ResolverSource, toResolver } from './to-resolver.ts'

/**
 * Makes one answer of several. Answers `undefined` while it cannot tell yet, and throws when it cannot tell because of faults.
 *
 * @param views what the sources say, in the order in which they were given.
 * @param waited whether slow sources have had their time.
 * @param name for messages.
 */
export type Decide = (views: readonly SourceView[], waited: boolean, name: string) => Resolution | undefined

/** The longest delay that timers take, in milliseconds: a resolver's `pause` may come from someone else's code. */
const longestPauseMs = 2 ** 31 - 1

/** How long a slow source is waited for when others have answered, in milliseconds. */
const patienceMs = 1_000

/**
 * Makes one resolver of several.
 *
 * @param kind of the part.
 * @param title what users call it, for messages.
 * @param sources what the user passed.
 * @param decide makes one answer of several.
 * @throws ConfigError when there is no source, or one is not a function.
 */
export function combine(kind: string, title: string, sources: readonly ResolverSource[], decide: Decide): DescribedPart<Resolver> {
  const problems = sources.flatMap((source: unknown, i): ConfigProblem[] =>
    typeof source === 'function'
      ? []
      : [{ path: `${title}[${i}]`, expected: 'a resolver or an async generator function', received: printValue(source) }],
  )
  if (sources.length === 0) problems.push({ path: title, expected: 'at least one resolver', received: 'none' })
  if (problems.length > 0) throw new ConfigError(problems)

  return part<Resolver>(kind, { sources: Object.freeze([...sources]) }, (host) => {
    const resolvers = sources.map((source) => toResolver(source, host))
    const name = `${title}(${resolvers.map((resolver) => resolver.name).join(', ')})`
    return {
      name,
      async *watch(service, { signal, pause }) {
        const running = new Sources(resolvers, service, host)
        let waited = false
        const patience = host.clock.schedule(
          patienceMs,
          () => {
            waited = true
            running.notify()
          },
          { background: true },
        )
        const passRefreshesOn = async (): Promise<void> => {
          while (!signal.aborted) {
            await pause(longestPauseMs)
            if (!signal.aborted) running.refresh()
          }
          running.close()
        }
        try {
          running.start()
          void passRefreshesOn()
          let last: Resolution | undefined
          while (!signal.aborted) {
            const answer = decide(running.views, waited, name)
            if (answer !== undefined && answer !== last) {
              last = answer
              yield answer
            }
            if (running.finished) return
            await running.changed()
          }
        } finally {
          patience.cancel()
          running.close()
        }
      },
    }
  })
}
