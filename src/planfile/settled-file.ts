import { stat } from 'node:fs/promises'

/** What tells one state of a file from another; `undefined` when it is not there. Links are followed: it is what they lead to that counts. */
export async function markOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path)
    return [dev, ino, size, mtimeMs, ctimeMs].join(' ')
  } catch {
    return undefined
  }
}

/** How long a file must have stayed the same before it is read, in milliseconds. */
export const settleMs = 50

/** How often to wait for that, before a file that never rests is read as it is. */
const mostWaits = 40

/**
 * Waits until a file has stopped changing: who writes it piece by piece may leave a text behind, between two pieces, that reads well and says
 * less than it should.
 *
 * @returns its mark.
 */
export async function settled(path: string, pause: (ms: number) => Promise<void>): Promise<string | undefined> {
  let mark = await markOf(path)
  for (let waits = 0; waits < mostWaits; waits += 1) {
    await pause(settleMs)
    const now = await markOf(path)
    if (now === mark) break
    mark = now
  }
  return mark
}
