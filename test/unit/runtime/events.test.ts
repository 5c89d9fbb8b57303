import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Events } from '../../../src/runtime/events.ts'

const applied = { added: ['orders'], removed: [], changed: [] }

test('a listener hears the events of its name, as they were emitted', () => {
  const events = new Events()
  const heard: unknown[] = []
  events.on('plan-applied', (event) => heard.push(event))
  events.emit('plan-applied', applied)
  events.emit('part-threw', { service: 'orders', part: 'mine', error: new Error('no') })
  assert.deepEqual(heard, [applied])
})

test('nobody needs to listen', () => {
  assert.doesNotThrow(() => new Events().emit('plan-applied', applied))
})

test('a listener that throws harms neither the emitter nor the next listener', () => {
  const events = new Events()
  let heard = 0
  events.on('plan-applied', () => {
    throw new Error('clumsy')
  })
  events.on('plan-applied', () => {
    heard += 1
  })
  events.emit('plan-applied', applied)
  assert.equal(heard, 1)
})

test('a listener that left hears nothing more', () => {
  const events = new Events()
  let heard = 0
  const leave = events.on('plan-applied', () => {
    heard += 1
  })
  leave()
  events.emit('plan-applied', applied)
  assert.equal(heard, 0)
})

test('leaving twice does not take away those who came in between', () => {
  const events = new Events()
  let heard = 0
  const leave = events.on('plan-applied', () => {})
  leave()
  events.on('plan-applied', () => {
    heard += 1
  })
  leave()
  events.emit('plan-applied', applied)
  assert.equal(heard, 1)
})

test('one function that listens twice is told twice, and each of the two leaves alone', () => {
  const events = new Events()
  let heard = 0
  const count = () => {
    heard += 1
  }
  const leave = events.on('plan-applied', count)
  events.on('plan-applied', count)
  events.emit('plan-applied', applied)
  assert.equal(heard, 2)
  leave()
  events.emit('plan-applied', applied)
  assert.equal(heard, 3)
})

test('a listener may leave while it is told', () => {
  const events = new Events()
  const heard: string[] = []
  const leave = events.on('plan-applied', () => {
    heard.push('once')
    leave()
  })
  events.on('plan-applied', () => heard.push('always'))
  events.emit('plan-applied', applied)
  events.emit('plan-applied', applied)
  assert.deepEqual(heard, ['once', 'always', 'always'])
})

test('who listens to all is told every event with its name, after those who listen to it alone', () => {
  const events = new Events()
  const heard: unknown[] = []
  const leave = events.on('*', ({ name }) => heard.push(name))
  events.on('plan-applied', () => heard.push('alone'))
  events.emit('plan-applied', applied)
  events.emit('unheard-of' as never, {} as never)
  leave()
  events.emit('plan-applied', applied)
  assert.deepEqual(heard, ['alone', 'plan-applied', 'unheard-of', 'alone'])
})
