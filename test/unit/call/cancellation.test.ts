import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CancelListener, Cancellation } from '../../../src/call/cancellation.ts'
import { MeshError } from '../../../src/errors/mesh-error.ts'

const reason = new MeshError('ABORTED', 'the caller left', { service: 'orders', sent: false })
const later = new MeshError('DEADLINE_EXCEEDED', 'too late', { service: 'orders', sent: false })

/** A listener that keeps what it is told. */
function ear(): CancelListener & { readonly told: MeshError[] } {
  const told: MeshError[] = []
  return { told, cancelled: (why) => told.push(why) }
}

test('every listener is told once, with the first reason', () => {
  const cancellation = new Cancellation()
  const ears = [ear(), ear(), ear(), ear(), ear()]
  for (const listener of ears) cancellation.add(listener)
  assert.equal(cancellation.reason, undefined)
  cancellation.cancel(reason)
  cancellation.cancel(later)
  assert.equal(cancellation.reason, reason)
  for (const { told } of ears) assert.deepEqual(told, [reason])
})

test('a listener that was taken away is not told', () => {
  const cancellation = new Cancellation()
  const ears = [ear(), ear(), ear(), ear(), ear()]
  for (const listener of ears) cancellation.add(listener)
  for (const index of [0, 1, 3]) cancellation.remove(ears[index]!)
  cancellation.remove(ear())
  cancellation.cancel(reason)
  assert.deepEqual(
    ears.map(({ told }) => told.length),
    [0, 0, 1, 0, 1],
  )
})

test('a listener that takes others away keeps them from being told', () => {
  const cancellation = new Cancellation()
  const others = [ear(), ear(), ear(), ear()]
  const gone = others.slice(0, 3)
  cancellation.add({
    cancelled: () => {
      for (const other of gone) cancellation.remove(other)
    },
  })
  for (const other of others) cancellation.add(other)
  cancellation.cancel(reason)
  assert.deepEqual(
    others.map(({ told }) => told.length),
    [0, 0, 0, 1],
  )
})

test('a listener that comes after the end is not told, and neither is one that comes while it is told', () => {
  const cancellation = new Cancellation()
  const late = ear()
  for (let i = 0; i < 5; i += 1) cancellation.add({ cancelled: () => cancellation.add(late) })
  cancellation.cancel(reason)
  cancellation.add(late)
  assert.deepEqual(late.told, [])
})

test('the end of a parent is the end of its children, and not the other way round', () => {
  const parent = new Cancellation()
  const [one, two] = [new Cancellation(parent), new Cancellation(parent)]
  one.cancel(later)
  assert.equal(parent.reason, undefined)
  assert.equal(two.reason, undefined)
  parent.cancel(reason)
  assert.equal(one.reason, later)
  assert.equal(two.reason, reason)
})

test('a child of a cancelled parent is born cancelled', () => {
  const parent = new Cancellation()
  parent.cancel(reason)
  assert.equal(new Cancellation(parent).reason, reason)
})

test('a child that let go of its parent outlives it', () => {
  const parent = new Cancellation()
  const child = new Cancellation(parent)
  const sibling = new Cancellation(parent)
  child.release()
  parent.cancel(reason)
  assert.equal(child.reason, undefined)
  assert.equal(sibling.reason, reason)
})

test('a signal follows the cancellation, before and after', () => {
  const cancellation = new Cancellation()
  const signal = cancellation.toSignal()
  assert.ok(!signal.aborted)
  cancellation.cancel(reason)
  assert.ok(signal.aborted)
  assert.equal(signal.reason, reason)
  assert.equal(cancellation.toSignal().reason, reason)
})
