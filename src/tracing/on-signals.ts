/** What is done at a signal. It must not reject. */
export interface SignalWork {
  /** When nobody else listens to the signal: it then has the effect that it would have had. */
  readonly last: () => Promise<void>
  /** When somebody else does, who will end the process when it is time. */
  readonly meanwhile: () => Promise<void>
}

/**
 * Does something before a signal ends the process.
 *
 * @param signals which; none is fine.
 * @param work see {@link SignalWork}.
 * @returns a function that stops listening.
 */
export function onSignals(signals: readonly NodeJS.Signals[], work: SignalWork): () => void {
  const heard = (signal: NodeJS.Signals): void => {
    if (process.listenerCount(signal) > 1) {
      void work.meanwhile()
      return
    }
    void work.last().then(() => {
      forget()
      process.kill(process.pid, signal)
    })
  }
  const forget = (): void => {
    for (const signal of signals) process.removeListener(signal, heard)
  }
  for (const signal of signals) process.on(signal, heard)
  return forget
}
