import { type Browser, chromium } from 'playwright-core'

/** Starts a Chromium of this machine, without a window. Everything that it is asked for is on loopback; it asks nobody else. */
export function startChromium(program: string): Promise<Browser> {
  return chromium.launch({
    executablePath: program,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--no-first-run'],
  })
}
