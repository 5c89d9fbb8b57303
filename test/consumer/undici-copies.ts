import assert from 'node:assert/strict'
import { runToSuccess } from './run-program.ts'

/** Copies of undici that users may have beside ours, by the name that they are installed under. */
export const undiciCopies: Readonly<Record<string, string>> = {
  'undici-6': 'npm:undici@6.21.0',
  'undici-7-early': 'npm:undici@7.10.0',
  'undici-7': 'npm:undici@7.24.0',
  'undici-8': 'npm:undici@8.12.4',
}

interface Asked {
  readonly answer: string
  readonly dispatched: number
}

interface Seen {
  readonly asked: { readonly own: Asked; readonly builtIn: Asked }
  readonly throughMesh?: Asked
  readonly untouched: boolean
}

/** Where the programs run: which Node, in which folder (the copies of undici are installed there), importing what. */
export interface DispatcherSetting {
  readonly node: string
  readonly project: string
  readonly subject: string
}

/**
 * Checks that the dispatcher which a user set through a copy of undici goes on serving whatever it served without the package: calls of
 * that copy's own fetch, and those of the built-in fetch as far as the two majors understand each other.
 */
export async function checkDispatcherIsKept({ node, project, subject }: DispatcherSetting, copy: string): Promise<void> {
  for (const kind of ['mock', 'agent']) {
    const without = await see<Seen>(node, project, ['dispatcher.mjs', copy, 'nothing', 'first', kind])
    const own = { answer: kind === 'mock' ? "the user's mock" : 'the network', dispatched: kind === 'mock' ? 0 : 1 }
    assert.deepEqual(without.asked.own, own, `${copy} itself ignores its ${kind}`)
    for (const order of ['first', 'last']) {
      const seen = await see<Seen>(node, project, ['dispatcher.mjs', copy, subject, order, kind])
      const situation = `${copy}, ${kind}, the package imported ${order}`
      assert.deepEqual(seen.asked, without.asked, situation)
      assert.deepEqual(seen.throughMesh, { answer: 'the network', dispatched: 0 }, `${situation}: the mesh has connections of its own`)
      assert.equal(seen.untouched, true, `${situation}: the global dispatcher was replaced`)
    }
  }
}

/** Checks that nothing is set where nobody set anything, and that what the built-in fetch set stays. */
export async function checkNoDispatcherIsSet({ node, project, subject }: DispatcherSetting): Promise<void> {
  for (const before of ['unused', 'used']) {
    const seen = await see<{ untouched: boolean; set: boolean[]; answer: string }>(node, project, ['no-dispatcher.mjs', subject, before])
    assert.equal(seen.untouched, true, `the global dispatcher was replaced; the built-in fetch was ${before} before`)
    assert.equal(seen.answer, 'the network')
    assert.equal(
      seen.set[0],
      before === 'used',
      'the built-in fetch sets its dispatcher elsewhere, or at another time, than this test thinks',
    )
  }
}

async function see<T>(node: string, project: string, args: readonly string[]): Promise<T> {
  const { output } = await runToSuccess(node, args, { cwd: project, withinMs: 180_000 })
  return JSON.parse(output) as T
}
