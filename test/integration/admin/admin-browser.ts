import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { TestContext } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import type { AdminOptions, AdminServer } from '../../../src/admin/index.ts'
import type { Mesh } from '../../../src/index.ts'
import { startChromium } from '../../servers/chromium.ts'
import { need, until } from '../../servers/server-kit.ts'
import { openAdmin, shopMesh } from './admin-kit.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** A page that is open. */
export interface OpenPage {
  readonly page: Page
  readonly net: Mesh
  readonly admin: AdminServer
  readonly port: number
}

/** A page in a real browser that complains about nothing, or the test fails. */
export async function openPage(t: TestContext, options?: AdminOptions, net: Mesh = shopMesh(t)): Promise<OpenPage | undefined> {
  const program = need('chromium', t)
  if (program === undefined) return undefined
  const { admin, port } = await openAdmin(t, { interval: 100, ...options }, net)
  const browser = await startChromium(program)
  t.after(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  const complaints: string[] = []
  const asked = new Set<string>()
  page.on('console', (message) => {
    // That a request was answered with 401, or not at all, is told of in the page.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => asked.add(new URL(request.url()).origin))
  t.after(() => {
    assert.deepEqual(complaints, [])
    assert.deepEqual(
      [...asked].filter((origin) => origin !== new URL(admin.url).origin && origin !== 'null'),
      [],
    )
  })
  await page.goto(admin.url)
  return { page, net, admin, port }
}

/** What axe finds wrong with the page as it is. */
export async function barriers(page: Page): Promise<string[]> {
  // By the debugger, as the page's own rules let no other script in.
  await page.evaluate(await readFile(axe, 'utf8'))
  const found = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as {
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[]
  }
  return found.violations.map(
    ({ id, impact, nodes }) => `${impact} ${id}: ${nodes.length} x ${nodes[0]?.html.slice(0, 160)} ${nodes[0]?.failureSummary}`,
  )
}

/** The row of an endpoint. */
export const row = (page: Page, address: string) => page.locator('tr', { has: page.getByRole('rowheader', { name: address }) })

/** Waits until a part of the page, which follows the program by a look or two, shows a text. */
export async function shows(part: Locator, text: RegExp): Promise<void> {
  let last = ''
  const matches = async () => text.test((last = await part.innerText()))
  await until(`${text} is shown`, matches).catch((error: unknown) => assert.fail(`${String(error)}, but\n${last}`))
}
