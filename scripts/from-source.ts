// Lets a program of this repository import 'proxyless' before anything is built: node --import ./scripts/from-source.ts program.ts
import { registerHooks } from 'node:module'

const entryPoints = new Map([
  ['proxyless', new URL('../src/index.ts', import.meta.url).href],
  ['proxyless/quota', new URL('../src/quota.ts', import.meta.url).href],
  ['proxyless/metrics', new URL('../src/metrics/index.ts', import.meta.url).href],
  ['proxyless/admin', new URL('../src/admin/index.ts', import.meta.url).href],
  ['proxyless/testing', new URL('../src/testing/index.ts', import.meta.url).href],
  ['proxyless/tracing', new URL('../src/tracing/index.ts', import.meta.url).href],
])

registerHooks({
  resolve: (specifier, context, nextResolve) => nextResolve(entryPoints.get(specifier) ?? specifier, context),
})
