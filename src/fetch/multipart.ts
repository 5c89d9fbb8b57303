const encoder = new TextEncoder()
const lineEnd = '\r\n'

/** What is needed of a `FormData`, the global one or another's. */
export type FormEntries = Iterable<readonly [string, FormDataEntryValue]>

type FormDataEntryValue = string | (Blob & { readonly name?: string })

/**
 * Encodes a form. The result is a `Blob` made of the form's own files: nothing is copied, its size is known, and it can be read again.
 * Its type carries the boundary.
 *
 * The algorithm is that of the HTML standard, "multipart/form-data encoding algorithm".
 *
 * @param form its entries.
 */
export function encodeForm(form: FormEntries): Blob {
  const { boundary, type } = newBoundary()
  const parts: (Uint8Array<ArrayBuffer> | Blob)[] = []
  for (const [name, value] of form) {
    const disposition = `--${boundary}${lineEnd}Content-Disposition: form-data; name="${escapeName(toLines(name))}"`
    if (typeof value === 'string') {
      parts.push(encoder.encode(`${disposition}${lineEnd}${lineEnd}${toLines(value)}${lineEnd}`))
      continue
    }
    const file = value.name === undefined || value.name === '' ? '' : `; filename="${escapeName(value.name)}"`
    const contentType = value.type === '' ? 'application/octet-stream' : value.type
    parts.push(
      encoder.encode(`${disposition}${file}${lineEnd}Content-Type: ${contentType}${lineEnd}${lineEnd}`),
      value,
      encoder.encode(lineEnd),
    )
  }
  parts.push(encoder.encode(`--${boundary}--${lineEnd}`))
  // A Blob writes its type in lower case; a boundary of lower-case letters and digits survives that.
  return new Blob(parts, { type })
}

/** A boundary that nobody can guess: whoever can would forge parts with the text of a field. The platform makes one for us. */
function newBoundary(): { boundary: string; type: string } {
  const type = new Response(new FormData()).headers.get('content-type') ?? ''
  return { boundary: type.slice(type.indexOf('=') + 1), type }
}

function escapeName(text: string): string {
  return text.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22')
}

function toLines(text: string): string {
  return text.replace(/\r?\n|\r/g, lineEnd)
}
