import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BodyFeed } from '../../src/call/body-feed.ts'
import { noBody } from '../../src/call/call-body.ts'
import { replied } from '../../src/call/outcome.ts'
import { ReplyBody } from '../../src/call/reply-body.ts'
import { DispatchTicket, OpenTickets } from '../../src/dispatcher/dispatch-ticket.ts'
import { HandlerCall } from '../../src/dispatcher/handler-call.ts'
import { MeshError } from '../../src/errors/mesh-error.ts'
import { noMeshOptions } from '../../src/fetch/mesh-options.ts'
import { fakeClock } from '../../src/testing/index.ts'
import { Recorder } from '../unit/dispatcher/recorder.ts'

/** What the wire and the handler may do to a reply, in any order. */
type Step = 'push' | 'push much' | 'end' | 'fail' | 'pause' | 'resume' | 'abort'
/** What a handler may do within a callback for data. */
type Habit = 'nothing' | 'pause' | 'pause and resume' | 'abort' | 'throw'

const steps = fc.array(fc.constantFrom<Step>('push', 'push', 'push much', 'pause', 'resume', 'resume', 'end', 'fail', 'abort'), {
  maxLength: 30,
})
const habits = fc.array(fc.constantFrom<Habit>('nothing', 'nothing', 'pause', 'pause and resume', 'abort', 'throw'), { maxLength: 30 })

const request = {
  origin: { protocol: 'http:', hostname: 'orders', port: '', host: 'orders', text: 'http://orders', badPort: false },
  path: '/',
  method: 'GET',
  headers: [],
  body: { body: noBody, contentType: undefined, pieces: undefined },
  idempotent: true,
  headersTimeoutMs: 0,
  bodyTimeoutMs: 0,
  mesh: noMeshOptions,
} as const

test('a handler gets every piece once, in order, none while it is paused, and one end, whatever happens when', () => {
  fc.assert(
    fc.property(steps, habits, (plan, manners) => {
      let pushed = ''
      let ended = false
      let callbacks = 0
      const inFlight = new OpenTickets()
      const handler = new Recorder({
        data: (controller) => {
          assert.ok(!wasPaused, 'data came although the handler had paused')
          const habit = manners[callbacks] ?? 'nothing'
          callbacks += 1
          if (habit === 'pause' || habit === 'pause and resume') controller.pause()
          if (habit === 'pause and resume') controller.resume()
          wasPaused = controller.paused
          if (habit === 'abort') controller.abort(new Error('enough'))
          if (habit === 'throw') throw new Error('mistake')
        },
      })
      let wasPaused = false
      const ticket = new DispatchTicket(inFlight)
      const call = new HandlerCall(handler, 'orders', request, ticket, fakeClock())
      const feed = new BodyFeed({ pause: () => {}, resume: () => {}, abort: () => {} }, undefined)
      assert.ok(call.start())
      call.answered(replied({ status: 200, statusText: '', headers: {}, body: new ReplyBody(feed) }))
      let letter = 0
      for (const step of plan) {
        if (step === 'push' || step === 'push much') {
          const text = String.fromCharCode(97 + (letter++ % 26)).repeat(step === 'push' ? 1 : 70_000)
          if (!feed.over) pushed += text
          feed.push(Buffer.from(text))
        } else if (step === 'end') {
          ended ||= !feed.over
          feed.end()
        } else if (step === 'fail') feed.fail(new MeshError('CONNECTION_LOST', 'lost', { service: 'orders', sent: true }))
        else if (step === 'pause') {
          call.pause()
          // The wire may have one piece on its way, as with undici: a pause outside a callback holds from the next piece on.
          wasPaused = false
        } else if (step === 'resume') {
          wasPaused = false
          call.resume()
        } else call.abort(new Error('enough'))
      }
      wasPaused = false
      for (let i = 0; i < 60; i += 1) call.resume()
      const ends = handler.told.filter((what) => what === 'end' || what === 'error')
      assert.ok(pushed.startsWith(handler.text))
      assert.ok(ends.length <= 1, handler.told.join())
      if (ends.length === 1) assert.equal(handler.told.at(-1), ends[0])
      assert.equal(ends.length === 1, feed.over, 'a body that is over has told its end, and only such a body')
      if (ends[0] === 'end') assert.ok(ended && handler.text === pushed)
      assert.equal(inFlight.empty, feed.over)
    }),
    { numRuns: 500 },
  )
})
