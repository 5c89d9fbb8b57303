import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from './compile.ts'

/** A mesh of so many services, each with a few slots, and a call to the first. */
function meshOf(services: number): string {
  const lines = ["import { fixed, mesh, roundRobin } from 'proxyless'", 'const net = mesh()']
  for (let i = 0; i < services; i += 1) {
    lines.push(`  .service('service-${i}', (s) => s.resolve(fixed(['http://10.0.0.1'])).balance(roundRobin()).deadline('2s'))`)
  }
  lines.push('  .build()', "void net.service('service-0').fetch('/')")
  return lines.join('\n')
}

/** Types that the compiler instantiates for a mesh of so many services. */
function cost(services: number): number {
  const { messages, instantiations } = compile(meshOf(services))
  assert.deepEqual(messages, [])
  return instantiations
}

test('a mesh of 80 services costs the compiler fewer than 60,000 instantiations', (t) => {
  const total = cost(80)
  t.diagnostic(`80 services: ${total} instantiations`)
  assert.ok(total < 60_000, `${total} instantiations`)
})

test('one more service costs the compiler at most 100 instantiations', (t) => {
  const perService = (cost(80) - cost(10)) / 70
  t.diagnostic(`${perService.toFixed(1)} instantiations a service`)
  assert.ok(perService <= 100, `${perService.toFixed(1)} instantiations a service`)
})
