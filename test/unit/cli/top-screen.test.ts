import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { EventLog } from '../../../src/admin/event-log.ts'
import type { Overview } from '../../../src/admin/overview.ts'
import { OverviewMaker } from '../../../src/admin/overview-maker.ts'
import { drawTop } from '../../../src/cli/top-screen.ts'
import { fixed, type Mesh, mesh } from '../../../src/index.ts'
import { fakeClock, scriptedTransport } from '../../../src/testing/index.ts'

/** An overview of a mesh with so many endpoints, the last of which is ejected. */
async function overviewOf(endpoints: number): Promise<Overview> {
  const urls = Array.from({ length: endpoints }, (_, i) => `http://10.0.${i >> 8}.${i & 255}:8080`)
  const clock = fakeClock()
  const net = mesh({ name: 'shop', clock, transport: scriptedTransport({ status: 200, body: 'ok' }) })
    .service('orders', (s) => s.resolve(fixed(urls)))
    .build() as unknown as Mesh
  await clock.settle()
  const log = new EventLog(net, clock)
  net.service('orders').eject(urls.at(-1) as string, '1m')
  const overview = new OverviewMaker(net, log, true, clock).make()
  log.close()
  await net.close()
  return overview
}

const wide = { columns: 200, rows: 60, colours: false }

test('a picture has the mesh, each service with its figures, each endpoint with its state and why', async () => {
  const text = drawTop(await overviewOf(3), wide).join('\n')
  for (const expected of [
    /^shop {2}open, up 0 s, 1 service$/m,
    /^orders {2}1 of 3 not healthy$/m,
    /– calls\/s/,
    /^ {2}endpoint .* share .* p50 .* state$/m,
  ])
    assert.match(text, expected)
  assert.match(text, /^ {2}http:\/\/10\.0\.0\.2:8080 .* ejected {2}ejected: by-hand, tried again in 60 s$/m)
  assert.match(text, /orders: http:\/\/10\.0\.0\.2:8080 ejected for 60 s: by-hand/)
})

test('a thousand endpoints fit any screen, and the one in trouble is among those shown', async () => {
  const overview = await overviewOf(1_000)
  const lines = drawTop(overview, { ...wide, rows: 24 })
  assert.ok(lines.length <= 24)
  assert.ok(lines.some((line) => line.includes('10.0.3.231:8080') && line.includes('ejected')))
  assert.ok(lines.some((line) => /and 9\d\d more/.test(line)))
  assert.equal(drawTop(overview, { ...wide, rows: Number.POSITIVE_INFINITY }).length > 1_000, true)
})

test('a picture never has more lines or columns than the screen, with colours or without', async () => {
  const overview = await overviewOf(30)
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 150 }), fc.integer({ min: 1, max: 60 }), fc.boolean(), (columns, rows, colours) => {
      const lines = drawTop(overview, { columns, rows, colours })
      assert.ok(lines.length >= 1 && lines.length <= rows)
      for (const line of lines) assert.ok([...stripVTControlCharacters(line)].length <= columns)
    }),
  )
})

test('names and messages cannot move the cursor', async () => {
  const overview = await overviewOf(2)
  const evil = { ...overview, mesh: 'a\u001b[2Jb', events: overview.events.map((event) => ({ ...event, text: 'x\r\n\u009b31m\u202ey' })) }
  const lines = drawTop(evil, wide)
  assert.match(lines[0] as string, /^a\?\[2Jb /)
  assert.doesNotMatch(lines.join(''), /[\p{Cc}\p{Cf}]/u)
})
