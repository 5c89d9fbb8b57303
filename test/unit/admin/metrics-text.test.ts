import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AdminMesh } from '../../../src/admin/admin-mesh.ts'
import { metricsText } from '../../../src/admin/metrics-text.ts'

const net = {} as AdminMesh

test('where the package that writes metrics is not installed, it is named', async () => {
  const missing = Object.assign(new Error("Cannot find package '@opentelemetry/exporter-prometheus' imported from prometheus-text.js"), {
    code: 'ERR_MODULE_NOT_FOUND',
  })
  const told = await metricsText(net, () => Promise.reject(new Error('prometheusText: expected the package', { cause: missing })))
  assert.equal(told.ok, false)
  assert.match(told.ok ? '' : told.message, /npm install @opentelemetry\/exporter-prometheus\), or the option `metrics`/)
})

test('whatever else goes wrong with metrics is told as it is', async () => {
  const other = Object.assign(new Error("Cannot find package '@opentelemetry/core'"), { code: 'ERR_MODULE_NOT_FOUND' })
  for (const error of [new Error('broken'), new Error('no writer', { cause: other })])
    await assert.rejects(
      metricsText(net, () => Promise.reject(error)),
      (thrown) => thrown === error,
    )
})
