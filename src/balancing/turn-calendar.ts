import { TurnQueue } from './turn-queue.ts'

/** About so many have their turns in the time of one bucket: they are sorted in the cache, and hardly a bucket is empty. */
const turnsPerBucket = 16

/** More than so many do not go into one bucket, so that none takes long to be sorted. */
const mostPerBucket = 128

/** All buckets together last so many times as long as it takes until everybody had a turn, on average: few are due beyond them. */
const reach = 8

/** So many buckets are emptied at each turn, before they are to be of another length: all of them in fewer turns than there are indexes. */
const clearedPerTurn = 4

/** Up to twice this number, all numbers of buckets are exact. */
const farthest = 2 ** 52

/** The places of {@link TurnCalendar}'s times. */
const bucketNow = 0
const lookedAt = 1
const wait = 2

/**
 * Who is due next among many: what a {@link TurnQueue} tells, without a walk through all of a large heap for every turn.
 *
 * They lie in buckets of equal time, unsorted: putting one off is to put it in front of a chain. When its time comes, a bucket is sorted. Those who fit
 * into none (due before the next one, or beyond the last, or when one is full) wait in a heap beside them, and the first of all is the earlier
 * of two. So the order is that of a heap alone, whatever the waits are, and at worst all are in the heap. No turn waits for more than a few
 * buckets to be sorted or emptied.
 *
 * Source: R. Brown, "Calendar queues" (1988), with a heap for those who do not fit.
 */
export class TurnCalendar {
  /** By index, of those in buckets. */
  readonly #dueAt: Float64Array
  /** The one behind in the chain of its bucket; -1 for the last. */
  readonly #next: Int32Array
  /** By bucket. There are as many as a power of two, and they are used in turn, as on the face of a clock. */
  readonly #heads: Int32Array
  readonly #counts: Uint8Array
  /** Buckets per time: a power of two, so that the number of a bucket is exact, and a later turn never in an earlier bucket. */
  #perTime: number
  /** How many buckets ahead of the present one may be used; 0 until all are empty, when the next ones are to be of another length. */
  #open: number
  #nextPerTime: number
  /** How many buckets have been emptied for that. */
  #cleared = 0
  /** How many are in buckets. */
  #filed = 0
  /** The present bucket, sorted; the first is the last one left. */
  readonly #run = new Int32Array(mostPerBucket)
  readonly #runDueAt = new Float64Array(mostPerBucket)
  #left = 0
  /** Those in no bucket. */
  readonly #others: TurnQueue
  /** Turns since the pace was looked at. */
  #turns = 0
  /** The number of the present bucket, when the pace was looked at, and how long the first one is to wait: as fields they would be garbage when they change. */
  readonly #times = new Float64Array(3)

  /**
   * @param dueAt the first turn of each index, at least one, none of them before 0; kept, and written.
   * @param pace about how many turns there will be per time; more than 0. If there turn out to be more or fewer, it goes by these.
   */
  constructor(dueAt: Float64Array, pace: number) {
    const size = dueAt.length
    this.#dueAt = dueAt
    this.#next = new Int32Array(size)
    this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(2, (size * reach) / turnsPerBucket)))).fill(-1)
    this.#counts = new Uint8Array(this.#heads.length)
    this.#perTime = bucketsPerTime(pace)
    this.#nextPerTime = this.#perTime
    this.#open = this.#heads.length
    this.#others = new TurnQueue(new Float64Array(size), 0)
    this.#times[bucketNow] = -1
    for (let index = 0; index < size; index += 1) if (!this.#file(index)) this.#others.add(index, dueAt)
    this.#turnOver()
  }

  /** Whose turn it is. */
  get first(): number {
    return this.#isInRun() ? (this.#run[this.#left - 1] as number) : this.#others.first
  }

  /** How many are in buckets. The turns of the others cost as much as with a heap alone. */
  get inBuckets(): number {
    return this.#filed + this.#left
  }

  /** Lets the first one wait for `by` from its turn on; `by` is more than 0. */
  postponeFirst(by: number): void {
    this.#times[wait] = by
    this.#putOff()
  }

  /** Too long to be compiled into those who call it, so a number handed on would be garbage. */
  #putOff(): void {
    const others = this.#others
    const due = this.#dueAt
    const by = this.#times[wait] as number
    if (this.#isInRun()) {
      this.#left -= 1
      const index = this.#run[this.#left] as number
      due[index] = (this.#runDueAt[this.#left] as number) + by
      if (!this.#file(index)) others.add(index, due)
    } else {
      const index = others.first
      due[index] = others.firstDueAt + by
      if (this.#file(index)) others.removeFirst()
      else others.replaceFirst(due)
    }
    if (this.#open === 0) this.#clear()
    if (this.#left === 0) this.#turnOver()
    this.#turns += 1
    if (this.#turns === due.length) this.#look()
  }

  #isInRun(): boolean {
    const { size, firstDueAt } = this.#others
    return this.#left > 0 && (size === 0 || (this.#runDueAt[this.#left - 1] as number) <= firstDueAt)
  }

  /** Puts an index into the bucket of its turn; `false` if there is none. */
  #file(index: number): boolean {
    const bucket = Math.floor((this.#dueAt[index] as number) * this.#perTime)
    const ahead = bucket - (this.#times[bucketNow] as number)
    if (!(ahead > 0 && ahead <= this.#open)) return false
    const slot = bucket & (this.#heads.length - 1)
    const count = this.#counts[slot] as number
    if (count === mostPerBucket) return false
    this.#counts[slot] = count + 1
    this.#next[index] = this.#heads[slot] as number
    this.#heads[slot] = index
    this.#filed += 1
    return true
  }

  /** When nobody is left of the present bucket: goes on to the next one with somebody in it, but not beyond the first of the others. */
  #turnOver(): void {
    const { size, firstDueAt } = this.#others
    if (this.#filed === 0) {
      this.#perTime = this.#nextPerTime
      this.#open = this.#heads.length
      const bucket = Math.floor(firstDueAt * this.#perTime)
      this.#times[bucketNow] = bucket < farthest ? bucket : Number.POSITIVE_INFINITY
      return
    }
    const until = size === 0 ? Number.POSITIVE_INFINITY : Math.floor(firstDueAt * this.#perTime)
    const heads = this.#heads
    let bucket = this.#times[bucketNow] as number
    let isEmpty = true
    while (isEmpty && bucket < until) {
      bucket += 1
      isEmpty = (heads[bucket & (heads.length - 1)] as number) < 0
    }
    this.#times[bucketNow] = bucket
    if (!isEmpty) this.#sort(bucket & (heads.length - 1))
  }

  /** After as many turns as there are indexes: lets buckets be of another length, if they are too long or too short by a factor of four. */
  #look(): void {
    const times = this.#times
    const now = this.#isInRun() ? (this.#runDueAt[this.#left - 1] as number) : this.#others.firstDueAt
    const perTime = bucketsPerTime(this.#turns / (now - (times[lookedAt] as number)))
    this.#turns = 0
    times[lookedAt] = now
    if (!(Math.max(perTime / this.#nextPerTime, this.#nextPerTime / perTime) > 2)) return
    this.#nextPerTime = perTime
    this.#open = 0
    this.#cleared = 0
  }

  /** Empties a few buckets. All at once would take milliseconds. */
  #clear(): void {
    const until = Math.min(this.#cleared + clearedPerTurn, this.#heads.length)
    for (let slot = this.#cleared; slot < until; slot += 1) {
      for (let index = this.#heads[slot] as number; index >= 0; index = this.#next[index] as number) {
        this.#others.add(index, this.#dueAt)
        this.#filed -= 1
      }
      this.#heads[slot] = -1
      this.#counts[slot] = 0
    }
    this.#cleared = until
  }

  /** Makes a bucket the present one. Those put off last are in front of its chain, and mostly due last: they stay where they come. */
  #sort(slot: number): void {
    const run = this.#run
    const runDueAt = this.#runDueAt
    let left = 0
    for (let index = this.#heads[slot] as number; index >= 0; index = this.#next[index] as number) {
      const dueAt = this.#dueAt[index] as number
      let place = left
      for (; place > 0 && (runDueAt[place - 1] as number) < dueAt; place -= 1) {
        runDueAt[place] = runDueAt[place - 1] as number
        run[place] = run[place - 1] as number
      }
      runDueAt[place] = dueAt
      run[place] = index
      left += 1
    }
    this.#left = left
    this.#filed -= left
    this.#heads[slot] = -1
    this.#counts[slot] = 0
  }
}

/** Within what a number can be; beyond that, nobody fits into a bucket. */
function bucketsPerTime(pace: number): number {
  return 2 ** Math.max(-1_000, Math.min(1_000, Math.round(Math.log2(pace / turnsPerBucket))))
}
