// What importing a package costs: `node import.ts '{"specifier":"proxyless"}'`.
const { specifier } = JSON.parse(process.argv[2] as string) as { specifier: string }
const rssBefore = process.memoryUsage.rss()
const begunAt = performance.now()
await import(specifier)
const ms = performance.now() - begunAt
const mb = (process.memoryUsage.rss() - rssBefore) / 1_048_576
process.stdout.write(`${JSON.stringify({ ms, mb })}\n`)
