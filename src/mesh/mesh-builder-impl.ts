import { ConfigError, type ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import { mergeDefaults, nothingSaid } from './merge-defaults.ts'
import type { MeshBuilder } from './mesh-builder.ts'
import { MeshImpl } from './mesh-impl.ts'
import type { MeshOptions } from './mesh-options.ts'
import type { MeshPlan } from './plan.ts'
import { finishPlan, type PlanInput } from './read-plan.ts'
import { type DraftSettings, ServiceDraftImpl } from './service-draft-impl.ts'

/** What came of a function that describes a service, or the defaults. */
interface Described {
  readonly name: unknown
  /** `undefined` when that is not known; then there are problems. */
  readonly settings: DraftSettings | undefined
  /** What is known to be wrong; the paths begin at the draft. */
  readonly problems: readonly ConfigProblem[]
}

/** What a builder was told. */
interface BuilderState {
  readonly options: unknown
  readonly defaults: readonly Described[]
  readonly services: readonly Described[]
}

/** The class behind `MeshBuilder`. Its types are loose: the interface is what users see. */
class MeshBuilderImpl {
  readonly #state: BuilderState

  constructor(state: BuilderState) {
    this.#state = state
    Object.freeze(this)
  }

  defaults(configure: unknown): MeshBuilderImpl {
    return new MeshBuilderImpl({ ...this.#state, defaults: [...this.#state.defaults, describe(undefined, true, configure)] })
  }

  service(name: unknown, configure: unknown): MeshBuilderImpl {
    return new MeshBuilderImpl({ ...this.#state, services: [...this.#state.services, describe(name, false, configure)] })
  }

  plan(): MeshPlan {
    return finishPlan(this.#input()).plan
  }

  build(): MeshImpl {
    const { plan, means } = finishPlan(this.#input())
    return new MeshImpl(plan, means)
  }

  #input(): PlanInput {
    const { options, defaults, services } = this.#state
    const [first, ...more] = defaults
    const problems: ConfigProblem[] = more.length === 0 ? [] : [{ path: 'defaults', expected: 'to be set once', received: 'them twice' }]
    for (const problem of first?.problems ?? [])
      problems.push({ ...problem, path: problem.path === '' ? 'defaults' : `defaults.${problem.path}` })
    const shared = first?.settings ?? nothingSaid
    return {
      options,
      problems,
      services: services.map(({ name, settings, problems }) => ({
        name,
        settings: settings === undefined ? undefined : mergeDefaults(settings, shared),
        problems,
      })),
    }
  }
}

function describe(name: unknown, isDefaults: boolean, configure: unknown): Described {
  const draft = new ServiceDraftImpl(isDefaults)
  if (typeof configure !== 'function') return { name, problems: [notADraft(configure)], settings: undefined }
  try {
    const settings = ServiceDraftImpl.settingsOf(configure(draft))
    return settings === undefined ? { name, problems: [notADraft(configure)], settings } : { name, problems: settings.problems, settings }
  } catch (error) {
    // Such as a wrong option of dns(...): it is reported with everything else that is wrong.
    if (ConfigError.is(error)) return { name, problems: error.problems, settings: undefined }
    throw error
  }
}

function notADraft(configure: unknown): ConfigProblem {
  return { path: '', expected: 'a function that gives back the draft it was given, configured', received: printValue(configure) }
}

/**
 * Begins to describe a mesh.
 *
 * @param options see {@link MeshOptions}; a mistake in them is reported by `build()` and `plan()`, with all others.
 * @returns a builder without services.
 * @example
 * ```ts
 * import { fixed, mesh, roundRobin } from 'proxyless'
 *
 * const net = mesh({ name: 'checkout' })
 *   .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080'])))
 *   .service('users', (s) => s.resolve(fixed(['http://10.0.0.9:8080'])).balance(roundRobin()).deadline('2s'))
 *   .build()
 *
 * const order = await net.fetch('http://orders/v1/42')
 * console.log(await order.json())
 * await net.close()
 * ```
 */
export function mesh(options: MeshOptions = {}): MeshBuilder {
  return new MeshBuilderImpl({ options, defaults: [], services: [] }) as unknown as MeshBuilder
}
