import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withDefaults } from '../../../src/runtime/with-defaults.ts'

interface Settings {
  readonly attempts: number
  readonly jitter: number
  readonly label: string
  readonly on: boolean
}

const defaults: Readonly<Settings> = Object.freeze({ attempts: 3, jitter: 0.2, label: 'x', on: true })

test('what was not given has its default', () => {
  assert.deepEqual(withDefaults(defaults, undefined), defaults)
  assert.deepEqual(withDefaults(defaults, { attempts: 5 }), { ...defaults, attempts: 5 })
})

test('undefined means not given; nothing, zero and false were given', () => {
  assert.deepEqual(withDefaults(defaults, { attempts: undefined, jitter: 0, label: '', on: false }), {
    attempts: 3,
    jitter: 0,
    label: '',
    on: false,
  })
})

test('the settings are frozen and the defaults untouched', () => {
  const settings = withDefaults(defaults, { attempts: 9 })
  assert.ok(Object.isFrozen(settings))
  assert.equal(defaults.attempts, 3)
})
