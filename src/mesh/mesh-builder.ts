import type { Mesh } from './mesh.ts'
import type { MeshTypeError } from './mesh-type-error.ts'
import type { MeshPlan } from './plan.ts'
import type { DraftState, EmptyDefaults, Ready, ServiceDraft } from './service-draft.ts'

/** A name that no service has yet, or a sentence. Names that are known at run time only are checked there. */
export type FreeName<Name extends string, Services extends object> = string extends keyof Services
  ? Name
  : Name extends keyof Services
    ? MeshTypeError<`service "${Name}" is already defined`>
    : Name

/** Sets the defaults, once. */
export type DefaultsSlot<Services extends object, Given extends string> = 'defaults' extends Given
  ? MeshTypeError<'the defaults of this mesh are already set'>
  : <S extends DraftState>(configure: (draft: ServiceDraft<EmptyDefaults>) => ServiceDraft<S>) => MeshBuilder<Services, Given | 'defaults'>

/**
 * A mesh that is being described; made by {@link mesh}. A builder never changes: each method gives another builder.
 *
 * `Services` records every service with its subsets; `Given` records what the mesh itself was given.
 */
// biome-ignore lint/complexity/noBannedTypes: no services yet, and it can be intersected
export interface MeshBuilder<Services extends object = {}, Given extends string = never> {
  /**
   * Settings for every service that does not say otherwise, whether it is described before or after. A service's own slot replaces the
   * slot given here as a whole; only policies add up, these first.
   */
  readonly defaults: DefaultsSlot<Services, Given>
  /**
   * Adds a service.
   *
   * @param name a host name: `http://orders/...` calls the service `orders`.
   * @param configure describes it; it must at least call `.resolve(...)`.
   */
  service<const Name extends string, S extends DraftState>(
    name: FreeName<Name, Services>,
    configure: (draft: ServiceDraft) => ServiceDraft<S> & Ready<S>,
  ): MeshBuilder<Services & { readonly [N in Name]: S['subsets'] }, Given>
  /**
   * The finished plan: frozen plain data that can be printed, compared, edited as a copy, and handed to `net.apply`. Starts nothing.
   *
   * @throws ConfigError with every problem of the description.
   */
  plan(): MeshPlan
  /**
   * Checks the description and starts the mesh.
   *
   * @throws ConfigError with every problem of the description; then nothing was started.
   */
  build(): Mesh<Services>
}
