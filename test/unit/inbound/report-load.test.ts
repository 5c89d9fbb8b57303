import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { readLoadReport } from '../../../src/call/load-report.ts'
import { LatencyByRif } from '../../../src/inbound/latency-by-rif.ts'
import { reportLoad } from '../../../src/inbound/report-load.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

async function started(listener: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function reportOf(server: Server, path = '/'): Promise<Record<string, number>> {
  const [response] = (await once(get({ port: (server.address() as AddressInfo).port, path, agent: false }), 'response')) as [
    IncomingMessage,
  ]
  response.resume()
  await once(response, 'end')
  return Object.fromEntries(readLoadReport(response) ?? [])
}

test('every reply carries what is in flight, the latency of late, and once a second the rates', async () => {
  const clock = fakeClock()
  const server = await started((request, response) => {
    if (request.url === '/head') response.writeHead(201, { 'x-own': '1' }).end()
    else if (request.url === '/list') response.writeHead(200, ['x-own', '1']).end()
    else response.end('hello')
  })
  const load = reportLoad(server, { clock })
  assert.deepEqual(await reportOf(server), { 'named_metrics.rif': 1 })
  assert.deepEqual(await reportOf(server, '/head'), { 'named_metrics.rif': 1, 'named_metrics.latency_ms': 0 })
  assert.deepEqual(await reportOf(server, '/list'), { 'named_metrics.rif': 1, 'named_metrics.latency_ms': 0 })
  await clock.advance(2_000)
  const { cpu_utilization, ...rest } = await reportOf(server)
  assert.ok((cpu_utilization ?? -1) >= 0)
  assert.deepEqual(rest, { rps_fractional: 2, eps: 0, 'named_metrics.rif': 1, 'named_metrics.latency_ms': 0 })
  assert.deepEqual(load.answer(), { rif: 0, latencyMs: 0 })
  load.stop()
  assert.deepEqual(await reportOf(server), {})
  server.close()
})

/** A response of which a test decides when it is over. */
class Response extends EventEmitter {
  headersSent = false
  statusCode = 200
  writableFinished = true
  header = ''
  setHeader(_name: string, value: string): void {
    this.header = value
  }
  writeHead(): void {
    this.headersSent = true
  }
}

test('what is in flight is reported as it is when the head is written', async () => {
  const clock = fakeClock()
  const server = new EventEmitter()
  const load = reportLoad(server, { clock, utilization: () => 0.25 })
  const [first, second] = [new Response(), new Response()]
  server.emit('request', {}, first)
  server.emit('request', {}, second)
  await clock.advance(40)
  assert.equal(load.answer().rif, 2)
  second.emit('close')
  first.writeHead()
  assert.equal(first.header, 'TEXT application_utilization=0.25,named_metrics.rif=1,named_metrics.latency_ms=40')
  first.statusCode = 503
  first.emit('close')
  assert.deepEqual(load.answer(), { rif: 0, latencyMs: 40 })
  await clock.advance(960)
  assert.deepEqual(load.report(), {
    rps_fractional: 2,
    eps: 1,
    application_utilization: 0.25,
    'named_metrics.rif': 0,
    'named_metrics.latency_ms': 40,
  })
})

test('latency is that of about as many in flight, and that of late first', () => {
  const latencies = new LatencyByRif()
  assert.equal(latencies.near(1, 0), undefined)
  for (const latencyMs of [9, 1, 5]) latencies.add(1, latencyMs, 0)
  for (const latencyMs of [100, 300, 200]) latencies.add(20, latencyMs, 0)
  assert.equal(latencies.near(0, 0), 5)
  assert.equal(latencies.near(2, 0), 5)
  assert.equal(latencies.near(16, 0), 200)
  assert.equal(latencies.near(1_000, 0), 200)
  latencies.add(1, 5, 20_000)
  assert.equal(latencies.near(20, 20_000), 5, 'what was measured 20 s ago does not count')
  for (let i = 0; i < 64; i += 1) latencies.add(1, 7, 20_000)
  assert.equal(latencies.near(1, 20_000), 7, 'old ones are forgotten')
})
