import * as v from 'valibot'

/** A strategy as files name it: what stands behind its name, and what is made of that. */
export interface Strategy {
  /** What stands behind the name. */
  readonly schema: v.GenericSchema
  /** Whether the name may stand alone. */
  readonly alone: boolean
  /** What to do with what stood there; it fits the schema. `undefined` when the name stood alone. */
  readonly make: (given: never) => unknown
}

/** A strategy, checked by a schema of what it takes. */
export function takes(schema: v.GenericSchema, make: (given: never) => unknown): Strategy {
  return Object.freeze({ schema, make, alone: v.is(schema, {}) })
}
