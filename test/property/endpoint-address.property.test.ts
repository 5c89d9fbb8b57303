import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readEndpointAddress } from '../../src/endpoint/endpoint-address.ts'

const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((ip) => `[${ip}]`),
)
const endpointUrl = fc
  .tuple(fc.constantFrom('http://', 'https://', 'HTTP://', ''), host, fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }))
  .map(([scheme, name, port]) => `${scheme}${name}${port === undefined ? '' : `:${port}`}`)

test('the address of an address is itself, with TLS or without', () => {
  fc.assert(
    fc.property(endpointUrl, fc.boolean(), fc.boolean(), (url, secure, later) => {
      const address = readEndpointAddress(url, secure)?.address
      assert.ok(address !== undefined, url)
      assert.equal(readEndpointAddress(address, later)?.address, address)
    }),
  )
})

test('an address that is read has a host and a port, or the path of a socket', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        endpointUrl,
        fc.string(),
        fc.webUrl(),
        fc.string().map((path) => `unix:/${path}`),
      ),
      fc.boolean(),
      (url, secure) => {
        const read = readEndpointAddress(url, secure)
        if (read === undefined) return
        const { hostname, port, socketPath, protocol, address } = read
        if (socketPath === undefined) assert.ok(hostname !== '' && port >= 1 && port <= 65_535)
        else assert.ok(hostname === '' && port === 0 && socketPath.startsWith('/') && !socketPath.startsWith('//'))
        assert.ok(address.startsWith(protocol.slice(0, -1)))
        assert.ok(!hostname.includes('['))
      },
    ),
  )
})

test('nothing that is read throws', () => {
  fc.assert(
    fc.property(fc.anything(), fc.boolean(), (value, secure) => {
      readEndpointAddress(value, secure)
    }),
  )
})
