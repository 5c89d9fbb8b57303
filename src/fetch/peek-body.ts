import { bodyBufferBytes } from '../call/body-feed.ts'
import { BytesBody, type CallBody } from '../call/call-body.ts'
import { nextTurn } from '../runtime/next-turn.ts'
import { pieceBytes } from './piece-bytes.ts'
import { toStreamBody } from './request-body.ts'
import { Upload } from './upload.ts'
import type { Uploading } from './uploading.ts'

/** A body whose `Request` was looked into. */
export interface PeekedBody {
  /** What the call carries. */
  readonly body: CallBody
  /** The rest of the caller's stream, if the body did not turn out to be there as a whole. */
  readonly upload: Uploading | undefined
}

/** So many turns of the microtask queue a body has to show itself as a whole; text and bytes take about a dozen. */
const mostTurns = 48

/**
 * So many turns of the event loop it has beyond that: a Blob takes two, a `Request` made of another `Request` one. A stream that stays open
 * goes on its way after them.
 */
const mostRounds = 3

/** How the content type begins that the platform gives to a form: such a body ends by itself, though its files take longer to show. */
const platformForm = 'multipart/form-data; boundary=----formdata-undici-'

/** A whole body that marks its `Request` as used when it is first sent. */
class RequestBytes extends BytesBody {
  readonly #request: Request
  #marked = false

  constructor(request: Request, bytes: Uint8Array) {
    super(bytes)
    this.#request = request
  }

  override open(): Uint8Array {
    if (!this.#marked) {
      this.#marked = true
      markUsed(this.#request)
    }
    return super.open()
  }
}

/**
 * Gets at the body of a `Request`.
 *
 * A `Request` hides what it was made of: its body is always a stream. Most are made of text or bytes, and such a stream gives everything
 * at once. So we read a copy of it for a moment: what is there as a whole is sent as a whole, with its length, and can be repeated; the rest
 * is a stream. A form of the platform is waited for, up to {@link bodyBufferBytes}. The `Request` itself stays unused until the body is
 * sent, and so remains good when the call is refused.
 *
 * @param request whose body is neither used nor locked.
 * @param length in bytes, when the caller said it.
 * @param replayBytes how much of a stream is kept so that it can be sent again, in bytes; 0 for nothing.
 * @param signal of the caller.
 */
export async function peekBody(
  request: Request,
  length: number | undefined,
  replayBytes: number,
  signal: AbortSignal | undefined,
): Promise<PeekedBody> {
  // A caller that leaves has used the request, and can see so at once.
  const left = () => markUsed(request)
  signal?.addEventListener('abort', left)
  try {
    return await peek(request, length, replayBytes)
  } finally {
    signal?.removeEventListener('abort', left)
  }
}

async function peek(request: Request, length: number | undefined, replayBytes: number): Promise<PeekedBody> {
  const reader = (request.clone().body as ReadableStream<Uint8Array>).getReader()
  const isForm = request.headers.get('content-type')?.startsWith(platformForm) === true
  const pieces: Uint8Array[] = []
  let bytes = 0
  let rounds = 0
  let waiting = new Peek(reader)
  for (let turn = 0; isForm ? bytes < bodyBufferBytes : turn < mostTurns; turn += 1) {
    await (isForm ? waiting.settled : undefined)
    if (turn === mostTurns - 1 && rounds < mostRounds && bytes < bodyBufferBytes) {
      rounds += 1
      turn = 0
      await nextTurn()
    }
    const { result } = waiting
    // A form whose file cannot be read fails like any stream, when it is sent.
    if (result === undefined && isForm) break
    if (result === undefined) continue
    if (result.done) return { body: new RequestBytes(request, concat(pieces)), upload: undefined }
    const piece = pieceBytes(result.value)
    // Not one that can be sent: it fails when it is.
    if (piece === undefined) break
    pieces.push(piece)
    bytes += piece.byteLength
    waiting = new Peek(reader)
  }
  return toStreamBody(new Upload(rest(request, pieces, waiting, reader), length), length, replayBytes)
}

type ReadResult = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>

/** A read whose result can be looked at. */
class Peek {
  result: ReadResult | undefined
  readonly promise: Promise<ReadResult>
  /** Resolves when the result is there, or the read failed. */
  readonly settled: Promise<void>

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.promise = reader.read()
    this.settled = this.promise.then(
      (result) => {
        this.result = result
      },
      () => {},
    )
  }
}

function rest(
  request: Request,
  pieces: readonly Uint8Array[],
  waiting: Peek,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  const early = pieces.slice()
  let next: Promise<ReadResult> | undefined = waiting.promise
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        markUsed(request)
        const piece = early.shift()
        if (piece !== undefined) {
          controller.enqueue(piece)
          return
        }
        const { done, value } = await (next ?? reader.read())
        next = undefined
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel(reason) {
        markUsed(request)
        await reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

/** Also ends the other half of the copy, which would otherwise keep every piece. */
function markUsed(request: Request): void {
  const { body } = request
  if (body !== null && !body.locked && !request.bodyUsed) body.cancel().catch(() => {})
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces)
}
