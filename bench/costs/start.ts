// What the beginning costs: `node start.ts '{"url":"http://127.0.0.1:8080","client":"mesh"}'`.
const { url, client } = JSON.parse(process.argv[2] as string) as { url: string; client: 'mesh' | 'fetch' }

async function timed(run: () => unknown): Promise<number> {
  const begunAt = performance.now()
  await run()
  return performance.now() - begunAt
}

async function startMesh(): Promise<object> {
  const { fixed, mesh } = await import('proxyless')
  const build = () =>
    mesh({ name: 'bench' })
      .service('orders', (s) => s.resolve(fixed([url])))
      .build()
  let net: ReturnType<typeof build> | undefined
  const firstBuildMs = await timed(() => (net = build()))
  const call = async () => (await net?.fetch('http://orders/text'))?.text()
  const firstCallMs = await timed(call)
  const secondCallMs = await timed(call)
  const builds = 500
  const laterBuildMs = (await timed(() => Array.from({ length: builds }, build).length)) / builds
  return { firstBuildMs, firstCallMs, secondCallMs, laterBuildMs }
}

async function startFetch(): Promise<object> {
  const call = async () => (await fetch(`${url}/text`)).text()
  const firstCallMs = await timed(call)
  return { firstCallMs, secondCallMs: await timed(call) }
}

const figures = await (client === 'mesh' ? startMesh() : startFetch())
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0))
