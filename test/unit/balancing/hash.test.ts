import assert from 'node:assert/strict'
import { test } from 'node:test'
import { absorb, emptyHash, hashText, mix } from '../../../src/balancing/hash.ts'

test('text is taken in as the published vectors of FNV-1a say', () => {
  for (const [text, expected] of [
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['b', 0xe70c2de5],
    ['foobar', 0xbf9cf968],
  ] as const) {
    assert.equal(absorb(emptyHash, text) >>> 0, expected)
  }
})

test('numbers are spread as the published vectors of the finaliser of MurmurHash3 say', () => {
  assert.equal(mix(0), 0)
  assert.equal(mix(1), 0x514e28b7)
  assert.equal(mix(0xffffffff), 0x81f16f39)
})

test('a part of a text has the hash of that part alone', () => {
  assert.equal(mix(absorb(emptyHash, 'a=value; b=c', 2, 7)), hashText('value'))
  assert.equal(mix(absorb(absorb(emptyHash, 'val'), 'ue')), hashText('value'))
})

test('changing one bit of a text changes each bit of its hash in half of the cases', () => {
  const flips = Array<number>(32).fill(0)
  const pairs = 20_000
  for (let i = 0; i < pairs; i += 1) {
    const text = `http://10.0.${i >> 8}.${i & 255}:8080`
    const last = text.length - 1
    const other = `${text.slice(0, last)}${String.fromCharCode(text.charCodeAt(last) ^ (1 << (i % 7)))}`
    const changed = hashText(text) ^ hashText(other)
    for (let bit = 0; bit < 32; bit += 1) flips[bit]! += (changed >>> bit) & 1
  }
  for (const [bit, count] of flips.entries()) assert.ok(Math.abs(count / pairs - 0.5) < 0.05, `bit ${bit}: ${count / pairs}`)
})

test('addresses that follow each other hardly ever have the same hash', () => {
  const hashes = new Set(Array.from({ length: 65_536 }, (_, i) => hashText(`http://10.1.${i >> 8}.${i & 255}:8080`)))
  // By chance, 65,536^2 / 2^33 = 0.5 of them would.
  assert.ok(hashes.size >= 65_531, String(65_536 - hashes.size))
})
