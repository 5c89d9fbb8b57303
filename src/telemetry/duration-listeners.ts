import type { Host } from '../runtime/host.ts'

/**
 * Hears of everything that is timed, as it ends; the labels are the same object for the same series. The service is `undefined` for hosts that no service
 * declares.
 */
export type DurationListener<Labels> = (service: string | undefined, labels: Labels, seconds: number) => void

/** Who hears of the durations of a mesh; `undefined` for nobody, so that a look is all that it costs. */
export class DurationListeners<Labels> {
  all: readonly DurationListener<Labels>[] | undefined

  /**
   * Adds a listener.
   *
   * @returns a function that takes it away again.
   */
  add(listener: DurationListener<Labels>): () => void {
    // A function of its own, so that one that is added twice is taken away once.
    const guest: DurationListener<Labels> = (service, labels, seconds) => listener(service, labels, seconds)
    this.all = [...(this.all ?? []), guest]
    return () => {
      const left = (this.all ?? []).filter((each) => each !== guest)
      this.all = left.length === 0 ? undefined : left
    }
  }
}

/** Tells listeners. One that throws costs no call; the host hears of it. */
export function tellDuration<Labels>(
  listeners: readonly DurationListener<Labels>[],
  host: Host,
  service: string | undefined,
  labels: Labels,
  seconds: number,
): void {
  for (const listener of listeners) {
    try {
      listener(service, labels, seconds)
    } catch (error) {
      host.emit('part-threw', { service: host.service, part: 'metrics', error })
    }
  }
}
