import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Recorder } from '../unit/dispatcher/recorder.ts'
import { get, meshOver } from '../unit/dispatcher/test-mesh.ts'

// The body of undici.request keeps the controller of its call for as long as somebody keeps the body. A controller that kept the whole call
// doubled the price of a request: everything lived through a collection.
test('the controller of a call that is over does not keep the handler', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await using m = meshOver({ headers: { 'x-a': '1' }, body: 'text' })
  const run = async () => {
    const handler = new Recorder()
    m.dispatcher.dispatch(get, handler)
    await handler.over
    return { controller: handler.controller, handler: new WeakRef(handler) }
  }
  const { controller, handler } = await run()
  for (let round = 0; round < 10 && handler.deref() !== undefined; round += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  assert.equal(handler.deref(), undefined)
  assert.deepEqual(controller?.rawHeaders?.map(String), ['x-a', '1'])
})
