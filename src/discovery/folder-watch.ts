import { type FSWatcher, watch } from 'node:fs'

/**
 * Tells when something changes in a folder. A folder and not a file: editors and Kubernetes replace files by renaming, and whoever watches
 * the old file hears nothing of the new one. It hears what the system tells it, which on some file systems is nothing at all.
 */
export class FolderWatch {
  #watcher: FSWatcher | undefined
  #changed = false
  #wake: (() => void) | undefined

  /** @param folder its path; one that cannot be watched is as one where nothing happens. */
  constructor(folder: string) {
    try {
      this.#watcher = watch(folder, { persistent: false }, () => this.notify())
      this.#watcher.on('error', () => this.close())
    } catch {
      // Too many watches, or a file system without them: whoever uses this looks from time to time as well.
    }
  }

  /** Resolves when something has changed since {@link seen}. For one who waits. */
  changed(): Promise<void> {
    if (this.#changed) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  /** Forgets the changes so far: the caller looks now. */
  seen(): void {
    this.#changed = false
  }

  /** Lets {@link changed} resolve. */
  notify(): void {
    this.#changed = true
    this.#wake?.()
    this.#wake = undefined
  }

  /** Stops watching. */
  close(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }
}
