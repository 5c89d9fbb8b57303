/** What is said to somebody who looks at a mesh from a terminal. */
export class TopError extends Error {
  override readonly name: string = 'TopError'
}
