import { dirname } from 'node:path'
import { FolderWatch } from '../discovery/folder-watch.ts'
import { ConfigError } from '../errors/config-error.ts'
import type { MeshImpl } from '../mesh/mesh-impl.ts'
import { samePart } from '../runtime/part.ts'
import { PlanFileError } from './plan-file-error.ts'
import { makePlan, type OwnSettings, type PlanFileOptions, readPlanBytes, readText, secretPath } from './read-plan-file.ts'
import type { ReadText } from './read-plan-text.ts'
import { markOf, settled, settleMs } from './settled-file.ts'

/** The waits before a file that cannot be used is looked at again; after the last one it is refused. */
const secondLooksMs = [50, 100, 200]

/** What a file is followed with. */
export interface FollowOptions extends PlanFileOptions {
  /** How often to look, in milliseconds. */
  readonly everyMs: number
  /** Whether the process is warned of a file that is refused. */
  readonly warn: boolean
}

type Pause = (ms: number) => Promise<void>

/** Follows one plan file, and applies it to one mesh. */
export class PlanFileFollower implements Disposable {
  readonly #net: MeshImpl
  readonly #path: string
  readonly #options: FollowOptions
  readonly #own: OwnSettings
  readonly #folder: FolderWatch
  readonly #leave: () => void
  readonly #pauses = new Set<() => void>()
  /** The file, and the files that it points to, with their marks from before they were read. */
  #marks = new Map<string, string | undefined>()
  /** The content that was applied last. */
  #applied: string | undefined
  /** What was wrong, if the file was refused since. */
  #refused: string | undefined
  #closed = false

  constructor(net: MeshImpl, path: string, options: FollowOptions) {
    this.#net = net
    this.#path = path
    this.#options = options
    this.#own = { name: net.plan.name, outbound: net.plan.outbound }
    this.#folder = new FolderWatch(dirname(path))
    this.#leave = net.whenClosing(() => this.close())
  }

  /** Reads and applies the file for the first time, and goes on following it. @throws PlanFileError when it cannot be used. */
  async begin(): Promise<void> {
    try {
      this.#folder.seen()
      // Somebody waits for this one, so it may keep the process alive.
      await this.#look((ms) => this.#pause(ms, false))
    } catch (error) {
      this.close()
      throw error
    }
    void this.#follow()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#leave()
    this.#folder.close()
    this.#folder.notify()
    for (const end of this.#pauses) end()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async #follow(): Promise<void> {
    const pause: Pause = (ms) => this.#pause(ms, true)
    let nextLook: Promise<void> | undefined
    while (!this.#closed) {
      // One pause at a time: a busy folder must not leave one behind for each of its changes.
      nextLook ??= pause(this.#options.everyMs).then(() => {
        nextLook = undefined
        this.#folder.notify()
      })
      await this.#folder.changed()
      if (nextLook !== undefined) await pause(settleMs)
      this.#folder.seen()
      if (!this.#closed && !(await this.#isAsRead())) await this.#lookPatiently(pause)
    }
  }

  /** Whether nothing has changed since the last look. A file that is not there may come any time, unseen by a watch of another folder. */
  async #isAsRead(): Promise<boolean> {
    for (const [path, mark] of this.#marks) if (mark === undefined || mark !== (await markOf(path))) return false
    return true
  }

  async #lookPatiently(pause: Pause): Promise<void> {
    let failure: unknown
    for (const waitMs of [0, ...secondLooksMs]) {
      if (waitMs > 0) await pause(waitMs)
      if (this.#closed) return
      if (failure !== undefined && (await this.#isAsRead())) continue
      try {
        await this.#look(pause)
        this.#refused = undefined
        return
      } catch (error) {
        failure = error
      }
    }
    if (!this.#closed) this.#refuse(failure)
  }

  /** Reads the file, and applies it if it says something new. @throws PlanFileError when it cannot be used. */
  async #look(pause: Pause): Promise<void> {
    const marks = new Map<string, string | undefined>()
    this.#marks = marks
    marks.set(this.#path, await settled(this.#path, pause))
    const text = await readPlanBytes(this.#path, this.#options)
    const read = await makePlan(this.#path, text, this.#options, this.#own, async (source) => {
      const path = secretPath(source, this.#path)
      if (path !== undefined) marks.set(path, await markOf(path))
      return readText(source, this.#path)
    })
    const content = JSON.stringify([text, ...read.secrets])
    if (this.#closed || content === this.#applied) return
    this.#apply(read)
    this.#applied = content
  }

  #apply({ plan, explain }: ReadText): void {
    // Such as a new comment.
    if (samePart(plan, this.#net.plan)) return
    try {
      this.#net.apply(plan)
    } catch (error) {
      throw ConfigError.is(error) ? explain(error) : error
    }
  }

  #refuse(failure: unknown): void {
    const message = failure instanceof Error ? failure.message : String(failure)
    // A file that is not there is looked for again and again, and told of once.
    if (message === this.#refused) return
    this.#refused = message
    const problems = failure instanceof PlanFileError ? failure.problems : []
    this.#net.host.emit('plan-refused', { file: this.#path, problems, error: failure })
    if (this.#options.warn)
      process.emitWarning(`the plan file was refused, and changed nothing: ${message}`, { code: 'PROXYLESS_PLAN_REFUSED' })
  }

  #pause(ms: number, background: boolean): Promise<void> {
    if (this.#closed || ms === Number.POSITIVE_INFINITY)
      return this.#closed ? Promise.resolve() : new Promise((end) => void this.#pauses.add(end))
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        this.#pauses.delete(end)
        resolve()
      }
      const timer = this.#net.host.clock.schedule(ms, end, { background })
      this.#pauses.add(end)
    })
  }
}
