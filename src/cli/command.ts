/** Where a command prints. */
export interface CommandOutput {
  /** What was asked for. */
  readonly print: (text: string) => void
  /** What went wrong. */
  readonly complain: (text: string) => void
}

/** A subcommand of `proxyless`: a file of its own, and a line in the table of `main.ts`. */
export interface Command {
  /** What it is for, in a line. */
  readonly summary: string
  /** How it is called, and what its options do. */
  readonly usage: string
  /**
   * Runs it.
   *
   * @param args what stands behind its name.
   * @returns the exit code: 0 for yes, 1 for no, 2 for a command that was called wrongly.
   */
  run(args: readonly string[], output: CommandOutput): Promise<number>
}
