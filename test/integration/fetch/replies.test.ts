/** What a caller sees of replies, good and bad, beside what the built-in fetch shows. */
import type { RequestListener } from 'node:http'
import type { TestContext } from 'node:test'
import { httpServer, rawServer } from '../transport/wire.ts'
import { comesToTheSame, described, seen } from './compare.ts'

/** A server that answers everything with these bytes; `\0` at the end hangs up. */
async function saying(t: TestContext, text: string): Promise<string> {
  const closes = text.endsWith('\0')
  const { url } = await rawServer(t, (socket) => {
    socket.on('data', () => {
      socket.write(Buffer.from(closes ? text.slice(0, -1) : text, 'latin1'))
      if (closes) socket.end()
    })
  })
  return url
}

async function serving(t: TestContext, listener: RequestListener): Promise<string> {
  return (await httpServer(t, listener)).url
}

const hello: RequestListener = (_, response) => void response.end('hello')

for (const status of [200, 201, 204, 205, 206, 226, 300, 304, 305, 306, 400, 401, 404, 407, 418, 421, 451, 500, 503, 599]) {
  comesToTheSame(`status ${status}`, async (fetch, t) => {
    const length = status === 204 || status === 304 ? '' : 'content-length: 0\r\n'
    const url = await saying(t, `HTTP/1.1 ${status} Some Words\r\nx-a: 1\r\n${length}\r\n`)
    const all: unknown[] = []
    for (const method of ['GET', 'POST', 'HEAD']) all.push(await fetch(url, { method }).then(described, seen))
    return all
  })
}

const replies: Record<string, string> = {
  'a 100 before the reply': 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na',
  'a 102 and a 103 before the reply':
    'HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na',
  'a 101 that nobody asked for': 'HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
  'a 204 with a body': 'HTTP/1.1 204 X\r\ncontent-length: 3\r\n\r\nabc',
  'a 205 with a body': 'HTTP/1.1 205 X\r\ncontent-length: 3\r\n\r\nabc',
  'HTTP/1.0': 'HTTP/1.0 200 OK\r\n\r\nabc\0',
  'no words for the status': 'HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n',
  'words in Latin-1': 'HTTP/1.1 200 \xe9\r\ncontent-length: 0\r\n\r\n',
  'headers in Latin-1, repeated and empty': 'HTTP/1.1 200 OK\r\na: \xe9\r\nA: b\r\nempty:\r\ncontent-length: 0\r\n\r\n',
  'two equal lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 3\r\n\r\nabc',
  'a length beside chunks': 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  'more than its length': 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nabc',
  'less than its length': 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc\0',
  'chunks that end early': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n\0',
  'chunks that are none': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n',
  'no HTTP at all': 'garbage\r\n\r\n\0',
  nothing: '\0',
}
for (const [name, text] of Object.entries(replies)) {
  comesToTheSame(`a reply of ${name}`, async (fetch, t) => described(await fetch(await saying(t, text))))
}

comesToTheSame('cookies', async (fetch, t) => {
  const { headers } = await fetch(
    await saying(t, 'HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\nx: y\r\ncontent-length: 0\r\n\r\n'),
  )
  return [headers.getSetCookie(), headers.get('set-cookie'), [...headers], headers.has('set-cookie')]
})

const forms: readonly (readonly [string, string])[] = [
  ['multipart/form-data; boundary=X', '--X\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--X--\r\n'],
  [
    'multipart/form-data; boundary="X Y"',
    '--X Y\r\nContent-Disposition: form-data; name="f"; filename="n"\r\nContent-Type: t/x\r\n\r\nfile\r\n--X Y--\r\n',
  ],
  ['multipart/form-data; boundary=X', 'garbage'],
  ['multipart/form-data', '--X--\r\n'],
  ['application/x-www-form-urlencoded', 'a=1&a=2&b=%FC'],
  ['application/x-www-form-urlencoded;charset=utf-8', ''],
  ['text/plain', 'a=1'],
]
for (const [type, body] of forms) {
  comesToTheSame(`a form in ${type}: ${JSON.stringify(body)}`, async (fetch, t) => {
    const url = await serving(t, (_, response) => void response.setHeader('content-type', type).end(body))
    const entries = [...(await (await fetch(url)).formData())]
    return Promise.all(
      entries.map(async ([name, value]) => [name, typeof value === 'string' ? value : [value.name, value.type, await value.text()]]),
    )
  })
}

for (const type of ['a/b', 'Text/HTML;Charset=UTF-8', 'bad', '', 'text/plain; a=b; a=c', 'text/plain;charset="x"']) {
  comesToTheSame(`a blob of ${JSON.stringify(type)}`, async (fetch, t) => {
    const blob = await (await fetch(await serving(t, (_, response) => void response.setHeader('content-type', type).end('x')))).blob()
    return [blob.type, await blob.text()]
  })
}

/** What may be done with a response, by anybody who holds one. */
const uses: Record<string, (response: Response) => unknown> = {
  'reading it twice': async (response) => [await response.text(), await response.json().catch(seen), response.bodyUsed],
  'whether it is used, before, while and after': async (response) => {
    const before = response.bodyUsed
    const reading = response.text()
    return [before, response.bodyUsed, await reading, response.bodyUsed, response.body?.locked]
  },
  'cloning it after it was read': async (response) => {
    await response.text()
    return response.clone()
  },
  'cloning it while it is locked': (response) => {
    response.body?.getReader()
    return response.clone()
  },
  'cloning it, reading both': async (response) => {
    const copy = response.clone()
    return [await described(copy), await described(response)]
  },
  'reading it while it is locked': async (response) => {
    response.body?.getReader()
    return [response.bodyUsed, await response.text().catch(seen), response.bodyUsed]
  },
  'reading it after a part was read': async (response) => {
    const reader = response.body?.getReader()
    await reader?.read()
    reader?.releaseLock()
    return [response.bodyUsed, await response.text().catch(seen)]
  },
  'reading it after it was cancelled': async (response) => {
    await response.body?.cancel()
    return [response.bodyUsed, await response.text().catch(seen)]
  },
  'splitting its stream': async (response) => {
    const halves = response.body?.tee() ?? []
    return [await Promise.all(halves.map((half) => new Response(half).text())), response.bodyUsed]
  },
  'reading into buffers of the reader': async (response) => {
    const reader = response.body?.getReader({ mode: 'byob' })
    const first = await reader?.read(new Uint8Array(2))
    const second = await reader?.read(new Uint8Array(9))
    const last = await reader?.read(new Uint8Array(9))
    return [first?.value?.byteLength, second?.value?.byteLength, last?.done]
  },
  'changing its headers': ({ headers }) => {
    const changes = [
      () => headers.set('a', 'b'),
      () => headers.append('a', 'b'),
      () => headers.delete('date'),
      () => headers.set('a b', 'c'),
      () => Reflect.apply(headers.set, headers, []),
    ]
    return changes.map((change) => {
      try {
        return change()
      } catch (error) {
        return error instanceof TypeError && error.message === 'immutable' ? 'immutable' : seen(error)
      }
    })
  },
  'changing its own members': (response) => {
    return ['status', 'headers', 'body', 'url'].map((name) => Reflect.set(response, name, 1))
  },
  'what it says that it is': (response) => [
    Object.prototype.toString.call(response),
    Object.prototype.toString.call(response.headers),
    Object.keys(response),
    JSON.stringify(response),
    response instanceof Response,
    response.headers instanceof Headers,
    response.constructor === Response,
  ],
  'its text as a stream': async (response) => {
    const texts = response as Response & { textStream?: () => AsyncIterable<string> }
    if (texts.textStream === undefined) return 'not on this version'
    let text = ''
    for await (const piece of texts.textStream()) text += piece
    return [text, response.bodyUsed]
  },
  'putting it into another': async (response) => described(new Response(response.body, response)),
  'its bytes': async (response) => [...new Uint8Array(await response.arrayBuffer())],
}
for (const [name, use] of Object.entries(uses)) {
  comesToTheSame(name, async (fetch, t) => use(await fetch(await serving(t, hello))))
}

/** Sends a part of what it announces, and hangs up. */
const cutShort: RequestListener = ({ socket }, response) => {
  response.writeHead(200, { 'content-length': '100' }).write('first')
  setTimeout(() => socket.destroy(), 20)
}

const cuts: Record<string, (response: Response) => unknown> = {
  'as text': (response) => response.text(),
  'as JSON': (response) => response.json(),
  'by a reader': async (response) => {
    const reader = response.body?.getReader()
    await reader?.read()
    return reader?.read()
  },
  'by one who waits for its end': async (response) => {
    const reader = response.body?.getReader()
    await reader?.read()
    return reader?.closed
  },
  'twice, by a clone': async (response) => Promise.all([response.clone().text().catch(seen), response.text().catch(seen)]),
}
for (const [name, read] of Object.entries(cuts)) {
  comesToTheSame(`a body cut short, read ${name}`, async (fetch, t) => read(await fetch(await serving(t, cutShort))))
}

comesToTheSame('integrity', async (fetch, t) => {
  const url = await serving(t, hello)
  const hash = async (text: string) => Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('base64')
  const right = await fetch(url, { integrity: `sha256-${await hash('hello')}` })
  return [await right.text(), await fetch(url, { integrity: `sha256-${await hash('bye')}` }).catch(seen)]
})

for (const url of [
  'data:text/plain,a%20b',
  'data:;base64,YQ==',
  'data:bad',
  'blob:nodedata:unknown',
  'about:blank',
  'ftp://x/',
  'ws://x/',
  'x',
]) {
  comesToTheSame(`the URL ${url}`, async (fetch) => {
    const response = await fetch(url)
    return [response.status, response.type, response.url, [...response.headers], await response.text()]
  })
}

comesToTheSame('the URL of a blob', async (fetch) => {
  const url = URL.createObjectURL(new Blob(['abc'], { type: 'a/b' }))
  const response = await fetch(url)
  return [response.status, [...response.headers], await response.text()]
})
