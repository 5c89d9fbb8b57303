declare const problem: unique symbol

/** A type that no value has: its only purpose is to be read in a compiler message. */
export interface MeshTypeError<Message extends string> {
  /** The sentence that the compiler shows. */
  readonly [problem]: Message
}
