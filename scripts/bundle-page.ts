// Bundles the admin page: its components and preact into one script, its style as one sheet. `npm run build` writes them into dist; a program
// that runs from source gets them as texts.
import { join } from 'node:path'
import { build } from 'esbuild'

const source = join(import.meta.dirname, '..', 'src', 'admin', 'page')

/** The page as two texts. */
export interface BundledPage {
  readonly script: string
  readonly style: string
}

/** Bundles it. */
export async function bundlePage(): Promise<BundledPage> {
  const { outputFiles } = await build({
    entryPoints: [join(source, 'main.tsx'), join(source, 'page.css')],
    outdir: source,
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: ['es2023'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    tsconfigRaw: '{}',
    banner: { js: '/* Contains preact (https://preactjs.com), MIT License, Copyright (c) 2015-present Jason Miller. */' },
    logLevel: 'silent',
  })
  const text = (ending: string): string => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? ''
  return { script: text('.js'), style: text('.css') }
}
