import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import type { EndpointSpec } from '../endpoint/endpoint.ts'
import { readResolution } from './read-resolution.ts'

/** What stands in a snapshot file. It has the form that `file()` reads, too. */
export interface SnapshotContent {
  /** Whose endpoints they are. */
  readonly service: string
  /** Who said so. */
  readonly resolver: string
  /** When, in milliseconds since the epoch. */
  readonly answeredAt: number
  /** The last good answer. */
  readonly endpoints: readonly EndpointSpec[]
}

/** Numbers the temporary files of this process. */
let files = 0

/** Keeps the last good answer of one service on disk. */
export class SnapshotFile {
  readonly #path: string
  readonly #temporaryPath: string
  readonly #failed: (error: unknown) => void
  #next: SnapshotContent | undefined
  #writing: Promise<void> | undefined

  /**
   * @param path where.
   * @param failed told of what goes wrong, for nothing here ever throws.
   */
  constructor(path: string, failed: (error: unknown) => void) {
    files += 1
    this.#path = path
    this.#temporaryPath = `${path}.${process.pid}-${files}.tmp`
    this.#failed = failed
  }

  /** The endpoints that an earlier process kept for `service`; `undefined` when there are none. */
  async read(service: string): Promise<readonly EndpointSpec[] | undefined> {
    try {
      const content = JSON.parse(await readFile(this.#path, 'utf8')) as Partial<SnapshotContent> | null
      if (content?.service !== service)
        throw new Error(`it holds the endpoints of ${JSON.stringify(content?.service)}, not of "${service}"`)
      const resolution = readResolution(content.endpoints, `snapshot file of ${service}`)
      return resolution.kind === 'endpoints' && resolution.endpoints.length > 0 ? resolution.endpoints : undefined
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#failed(error)
      return undefined
    }
  }

  /** Writes soon, in the background. Of several answers that come while one is written, the last is written. */
  write(content: SnapshotContent): void {
    this.#next = content
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined
    })
  }

  /** Resolves when everything is written. */
  async flushed(): Promise<void> {
    await this.#writing
  }

  async #writeAll(): Promise<void> {
    for (let content = this.#take(); content !== undefined; content = this.#take()) {
      try {
        // Renamed into place: a process that dies while it writes leaves the file as it was.
        await writeFile(this.#temporaryPath, `${JSON.stringify(content, null, 2)}\n`, { flush: true })
        await rename(this.#temporaryPath, this.#path)
      } catch (error) {
        this.#failed(error)
        await rm(this.#temporaryPath, { force: true }).catch(() => {})
      }
    }
  }

  #take(): SnapshotContent | undefined {
    const content = this.#next
    this.#next = undefined
    return content
  }
}
