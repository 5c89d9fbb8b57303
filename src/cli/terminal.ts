/** What a command uses of the process that it runs in. */
export interface Terminal {
  /** What it prints. */
  readonly out: TerminalOutput
  /** What it complains. */
  readonly err: { write(text: string): unknown }
  readonly env: Readonly<Record<string, string | undefined>>
  /** Called when somebody presses ctrl-c, or the process is told to end. @returns a function that takes the listener away. */
  readonly onStop: (listener: () => void) => () => void
}

/** Something like `process.stdout`. */
export interface TerminalOutput {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly rows?: number | undefined
  on?(event: 'resize' | 'error', listener: () => void): unknown
  off?(event: 'resize' | 'error', listener: () => void): unknown
}

/** That of this process. */
export const ownTerminal: Terminal = Object.freeze({
  out: process.stdout,
  err: process.stderr,
  env: process.env,
  onStop: (listener: () => void) => {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
    for (const signal of signals) process.on(signal, listener)
    return () => {
      for (const signal of signals) process.off(signal, listener)
    }
  },
})
