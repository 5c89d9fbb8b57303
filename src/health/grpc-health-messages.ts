/** The two messages of `grpc.health.v1`, which are small enough to be written and read by hand. */

const names = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const

/** A gRPC frame with a `HealthCheckRequest`: one field, number 1, of text. */
export function healthRequest(service: string): Uint8Array {
  const name = Buffer.from(service)
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a]), varint(name.length), name])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/** The status in a gRPC frame with a `HealthCheckResponse`: one field, number 1, a number. What cannot be read is `'unreadable'`. */
export function servingStatus(frame: Buffer): (typeof names)[number] | 'unreadable' {
  // A message that is compressed was not asked for.
  if (frame.length < 5 || frame[0] !== 0 || frame.readUInt32BE(1) !== frame.length - 5) return 'unreadable'
  const reader = { bytes: frame, at: 5 }
  let status = 0
  while (reader.at < frame.length) {
    const tag = readVarint(reader)
    if (tag === undefined) return 'unreadable'
    if (tag === 0x08) {
      const value = readVarint(reader)
      if (value === undefined) return 'unreadable'
      status = value
    } else if (!skip(reader, tag & 7)) return 'unreadable'
  }
  return names[status] ?? 'UNKNOWN'
}

interface Reader {
  readonly bytes: Buffer
  at: number
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest & 127) | 128)
    rest >>>= 7
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}

function readVarint(reader: Reader): number | undefined {
  let value = 0
  // Ten bytes are the longest that a varint may be; those beyond a double's precision do not occur here.
  for (let i = 0; i < 10; i += 1) {
    const byte = reader.bytes[reader.at]
    if (byte === undefined) return undefined
    reader.at += 1
    value += (byte & 127) * 2 ** (7 * i)
    if (byte < 128) return value
  }
  return undefined
}

/** Goes past a field that a later version of the message may have. */
function skip(reader: Reader, wireType: number): boolean {
  if (wireType === 0) return readVarint(reader) !== undefined
  const length = wireType === 1 ? 8 : wireType === 5 ? 4 : wireType === 2 ? readVarint(reader) : undefined
  if (length === undefined) return false
  reader.at += length
  return reader.at <= reader.bytes.length
}
