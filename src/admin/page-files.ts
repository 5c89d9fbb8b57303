import { readFile } from 'node:fs/promises'

/** A file of the page. */
export interface PageFile {
  readonly type: string
  readonly content: string
}

/** The files of the page by name. */
export type PageFiles = ReadonlyMap<string, PageFile>

/** Makes them of their sources; see `scripts/bundle-page.ts`. */
interface PageBundler {
  bundlePage(): Promise<{ readonly script: string; readonly style: string }>
}

let loading: Promise<PageFiles> | undefined

/** The page. It is read when somebody asks for it first, and kept. */
export function pageFiles(): Promise<PageFiles> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

async function load(): Promise<PageFiles> {
  const { script, style } = await (import.meta.url.endsWith('.ts') ? fromSource() : fromBuild())
  return new Map([
    ['index.html', { type: 'text/html; charset=utf-8', content: html }],
    ['page.js', { type: 'text/javascript; charset=utf-8', content: script }],
    ['page.css', { type: 'text/css; charset=utf-8', content: style }],
  ])
}

async function fromBuild(): Promise<{ script: string; style: string }> {
  const read = (name: string) => readFile(new URL(`./page/${name}`, import.meta.url), 'utf8')
  const [script, style] = await Promise.all([read('page.js'), read('page.css')])
  return { script, style }
}

/** In a checkout nothing is built. The package has no sources, and never comes here. */
async function fromSource(): Promise<{ script: string; style: string }> {
  const bundler = new URL('../../scripts/bundle-page.ts', import.meta.url).href
  return ((await import(bundler)) as PageBundler).bundlePage()
}

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>proxyless</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
<script src="page.js" type="module"></script>
</head>
<body>
<div id="page"><noscript>This page needs JavaScript.</noscript></div>
</body>
</html>
`
