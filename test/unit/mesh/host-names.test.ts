import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostClashes } from '../../../src/mesh/host-clashes.ts'
import { isServiceName, readServiceHost } from '../../../src/mesh/host-syntax.ts'
import { HostTable } from '../../../src/mesh/host-table.ts'
import { nearestName } from '../../../src/mesh/nearest-name.ts'

test('a service name is a host name without a port', () => {
  for (const name of ['orders', 'Orders', 'user-service', 'a_b', 'orders.shop.svc.cluster.local', '0rders', '10.0.0.1']) {
    assert.ok(isServiceName(name), name)
  }
  for (const name of [
    '',
    ' ',
    'a b',
    'a/b',
    'orders:80',
    'ördérs',
    '-a',
    '.',
    '[::1]',
    '1.2',
    '0x10',
    'a'.repeat(254),
    '__proto__',
    5,
    undefined,
  ]) {
    assert.ok(!isServiceName(name), String(name))
  }
})

test('an alias is a host with or without a port, in one spelling', () => {
  assert.deepEqual(readServiceHost('Orders.Internal'), { hostname: 'orders.internal', port: undefined })
  assert.deepEqual(readServiceHost('orders:8080'), { hostname: 'orders', port: 8080 })
  assert.deepEqual(readServiceHost('[::1]:80'), { hostname: '[::1]', port: 80 })
  for (const alias of ['', 'orders:', 'orders:0', 'orders:65536', 'http://orders', 'a b', '*.orders', 'orders/', '[::1', 7]) {
    assert.equal(readServiceHost(alias), undefined, String(alias))
  }
})

test('a host table knows a host in any case, with a dot at its end, and by either protocol', () => {
  const table = new HostTable<string>()
  table.add({ hostname: 'orders', port: undefined }, 'any')
  for (const hostname of ['orders', 'ORDERS', 'orders.']) assert.equal(table.find('http:', hostname, ''), 'any', hostname)
  assert.equal(table.find('https:', 'orders', ''), 'any')
  assert.equal(table.find('http:', 'orders', '8080'), 'any')
  assert.equal(table.find('http:', 'users', ''), undefined)
})

test('a host with a port goes before the same host without one', () => {
  const table = new HostTable<string>()
  table.add({ hostname: 'orders', port: undefined }, 'any')
  table.add({ hostname: 'orders', port: 8080 }, 'exact')
  table.add({ hostname: 'orders', port: 443 }, 'secure')
  assert.equal(table.find('http:', 'orders', '8080'), 'exact')
  assert.equal(table.find('https:', 'orders', ''), 'secure')
  assert.equal(table.find('http:', 'orders', ''), 'any')
  const exactOnly = new HostTable<string>()
  exactOnly.add({ hostname: 'orders', port: 8080 }, 'exact')
  assert.equal(exactOnly.find('http:', 'orders', '9090'), undefined)
})

test('two services that claim one host are told apart from one that claims it twice', () => {
  const problems = hostClashes([
    { service: 'orders', path: 'services.orders', aliases: ['shop', 'shop', 'users:80'] },
    { service: 'users', path: 'services.users', aliases: ['SHOP', 'orders'] },
  ])
  assert.deepEqual(problems, [
    { path: 'services.users.aliases[0]', expected: 'a host that no other service has', received: '"shop", a host of "orders"' },
    { path: 'services.users.aliases[1]', expected: 'a host that no other service has', received: '"orders", a host of "orders"' },
  ])
})

test('the nearest name is the one that was probably meant, or none', () => {
  assert.equal(nearestName('attemps', ['attempts', 'attemptTimeout', 'budget']), 'attempts')
  assert.equal(nearestName('timeout', ['attempts', 'attemptTimeout']), 'attemptTimeout')
  assert.equal(nearestName('ORDERS', ['orders', 'users']), 'orders')
  assert.equal(nearestName('ordres', ['users', 'orders']), 'orders')
  assert.equal(nearestName('zebra', ['orders', 'users']), undefined)
  assert.equal(nearestName('x', []), undefined)
})
