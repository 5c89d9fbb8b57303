/**
 * Does something before a signal ends the process. When nobody else listens to the signal, it then has the effect that it would have had.
 *
 * @param signals which; none is fine.
 * @param work what to do; it must not reject.
 * @returns a function that stops listening.
 */
export function onSignals(signals: readonly NodeJS.Signals[], work: () => Promise<void>): () => void {
  const heard = (signal: NodeJS.Signals): void => {
    const alone = process.listenerCount(signal) === 1
    void work().then(() => {
      forget()
      if (alone) process.kill(process.pid, signal)
    })
  }
  const forget = (): void => {
    for (const signal of signals) process.removeListener(signal, heard)
  }
  for (const signal of signals) process.on(signal, heard)
  return forget
}
