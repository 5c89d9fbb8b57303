/** How a server of the chaos run behaves. */
export type ServerMode =
  /** Five to fifteen milliseconds of work, then an answer that names the call. */
  | 'normal'
  /** Twenty times the work. */
  | 'slow'
  /** A 500, in no time at all. */
  | 'fail-fast'
  /** The connection is reset as soon as the request is there. */
  | 'reset'
  /** Bytes that are not HTTP. */
  | 'garbage'
  /** A head that promises more than the body holds; then the connection is reset. */
  | 'half-body'
  /** A 429 with `Retry-After: 1`. */
  | 'limited'
  /** HTTP/2 alone: a graceful GOAWAY on every connection, five times a second. */
  | 'goaway'

/** What the chaos run asks of a server process. */
export type ServerOrder = { readonly mode: ServerMode } | 'connections'

/** What a server process tells. */
export type ServerNews = { readonly listening: true } | { readonly connections: number }

/** Which HTTP a scenario speaks. `h2c`: HTTP/2 without TLS, known beforehand. */
export type Protocol = 'h1' | 'h2c'
