import type { Clock, Timer } from '../../runtime/clock.ts'

/** Work for one call, in a {@link WorkLine}. */
export interface Work {
  /** The work is done. */
  done(): void
}

interface Job {
  readonly work: Work
  readonly ms: number
  /** The progress of the line at which it is done. */
  doneAt: number
}

/** How work is shared out. */
export interface WorkLineSettings {
  /** How many jobs are worked on at full speed at once. */
  readonly workers: number
  /** `'fifo'`: what finds no worker waits, first come first served. `'shared'`: all are worked on at once, each the slower. */
  readonly discipline: 'fifo' | 'shared'
}

/**
 * The work of a server. All jobs that are worked on progress alike, so one number, the progress of the line, says for each of them how
 * much is done, whatever happened to the speed meanwhile.
 */
export class WorkLine {
  readonly #clock: Clock
  readonly #settings: WorkLineSettings
  /** What is worked on, the next to be done first. */
  #serving: Job[] = []
  #waiting: Job[] = []
  /** Where the queue begins: taking from the front of an array is slow. */
  #front = 0
  #speed: number
  #progress = 0
  #progressAt: number
  #busyMs = 0
  #timer: Timer | undefined

  /**
   * @param clock time.
   * @param settings see {@link WorkLineSettings}.
   * @param speed see {@link WorkLine.speed}.
   */
  constructor(clock: Clock, settings: WorkLineSettings, speed: number) {
    this.#clock = clock
    this.#settings = settings
    this.#speed = speed
    this.#progressAt = clock.now()
  }

  /** What is worked on. */
  get serving(): number {
    return this.#serving.length
  }

  /** What waits for a worker. */
  get waiting(): number {
    return this.#waiting.length - this.#front
  }

  /** The time that workers have worked, added up, in milliseconds. */
  get busyMs(): number {
    this.#update()
    return this.#busyMs
  }

  /** 1 for the normal one, 0.5 for half of it, 0 for standing still. Changes the rest of what is being worked on, too. */
  get speed(): number {
    return this.#speed
  }

  set speed(speed: number) {
    this.#update()
    this.#speed = speed
    this.#arm()
  }

  /**
   * Adds work.
   *
   * @param work told when it is done.
   * @param ms how long it takes a worker at full speed.
   */
  add(work: Work, ms: number): void {
    const job: Job = { work, ms, doneAt: 0 }
    if (this.#settings.discipline === 'fifo' && this.#serving.length >= this.#settings.workers) {
      this.#waiting.push(job)
      return
    }
    this.#update()
    this.#serve(job)
    if (this.#settings.discipline === 'shared' || this.#serving[0] === job) this.#arm()
  }

  /** Takes work away that is not done. */
  drop(work: Work): void {
    const waiting = this.#waiting.findIndex((job, i) => i >= this.#front && job.work === work)
    if (waiting >= 0) this.#waiting.splice(waiting, 1)
    const serving = this.#serving.findIndex((job) => job.work === work)
    if (serving < 0) return
    this.#update()
    this.#serving.splice(serving, 1)
    this.#serveNext()
    this.#arm()
  }

  /** Takes everything away. */
  clear(): void {
    this.#update()
    this.#serving = []
    this.#waiting = []
    this.#front = 0
    this.#arm()
  }

  #rate(): number {
    const { workers, discipline } = this.#settings
    return discipline === 'fifo' ? this.#speed : this.#speed * Math.min(1, workers / Math.max(1, this.#serving.length))
  }

  #update(): void {
    const now = this.#clock.now()
    this.#account(now)
    this.#progress += (now - this.#progressAt) * this.#rate()
    this.#progressAt = now
  }

  #account(now: number): void {
    this.#busyMs += (now - this.#progressAt) * Math.min(this.#serving.length, this.#settings.workers)
  }

  #serve(job: Job): void {
    job.doneAt = this.#progress + job.ms
    const serving = this.#serving
    let at = serving.length
    while (at > 0 && (serving[at - 1] as Job).doneAt > job.doneAt) at -= 1
    serving.splice(at, 0, job)
  }

  #serveNext(): void {
    if (this.#front === this.#waiting.length) return
    this.#serve(this.#waiting[this.#front] as Job)
    this.#front += 1
    if (this.#front < 1_024 && this.#front < this.#waiting.length) return
    this.#waiting = this.#waiting.slice(this.#front)
    this.#front = 0
  }

  #arm(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const [next] = this.#serving
    const rate = this.#rate()
    if (next === undefined || rate === 0) return
    this.#timer = this.#clock.schedule((next.doneAt - this.#progress) / rate, this.#nextDone)
  }

  readonly #nextDone = (): void => {
    this.#timer = undefined
    const job = this.#serving[0] as Job
    // Exactly: what adding fractions loses must not make it wait once more.
    const now = this.#clock.now()
    this.#account(now)
    this.#progress = job.doneAt
    this.#progressAt = now
    this.#serving.shift()
    this.#serveNext()
    this.#arm()
    job.work.done()
  }
}
