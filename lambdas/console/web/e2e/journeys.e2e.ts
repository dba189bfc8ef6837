// The ways that an analyst goes through the console, each as somebody would go it; what is right is asked of the API itself.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { asking, open, settled, signIn, url } from './browser'
import { newcomer } from './people'

const api = await asking('analyst')
const day = (): string => new Date(Date.now() - 86_400_000).toISOString()

/** Detections of the last day, the worst first, as the API lists them. */
const worst = async (query: { status?: ['open']; limit?: number } = {}) =>
  (await api.well(api.api.GET('/v1/detections', { params: { query: { from: day(), sort: '-score', limit: 200, ...query } } }))).items

const [top] = await worst()
if (!top) throw new Error('there are no detections')
const offender = top.participants?.find((p) => p.role === 'offender')

/** The list, as cards. */
const cards = (page: Page) => page.getByRole('main').getByRole('article')

async function detection(id: string): Promise<Page> {
  const page = await open(`/detections/${id}`)
  await settled(page)
  return page
}

test('find the worst detection of today and who did it', async () => {
  const page = await open('/')
  await page.getByRole('heading', { level: 1, name: /^Detections/ }).waitFor()
  const first = cards(page).first()
  await first.waitFor()
  await expect.poll(() => first.innerText()).toContain(String(top.risk.score))
  expect(await first.innerText()).toContain(top.description)
  expect(await first.innerText()).toContain(offender?.address)
})

test('see why it was raised', async () => {
  const page = await open('/detections')
  await cards(page).first().getByRole('link', { name: top.title }).click()
  await page.waitForURL(`**/detections/${top.id}*`)
  await page.getByRole('heading', { name: 'Why this was raised' }).waitFor()
  const main = page.getByRole('main')
  expect(await main.innerText()).toContain(offender?.address)
  for (const term of top.risk.terms ?? []) expect(await main.getByText(term.reason ?? term.name).first().isVisible(), `the term ${term.name}`).toBe(true)
})

test('compare what a host did with its past', async () => {
  const [sent] = (await worst()).filter((d) => d.type === 'exfil.outbound_volume')
  if (!sent) throw new Error('nobody sent much')
  const page = await detection(sent.id)
  const compared = await api.well(api.api.GET('/v1/detections/{id}/comparison', { params: { path: { id: sent.id } } }))
  const left = compared.metrics.flatMap((m) => (m.own_past?.left ? [m.own_past.left] : []))
  expect(left.length, 'times at which the API says that the host left its expected range').toBeGreaterThan(0)
  await page.getByRole('heading', { name: /^Compare behaviours/ }).scrollIntoViewIfNeeded()
  await page.getByRole('main').getByText(/Left the expected range/).first().waitFor()
  await page.getByRole('main').getByText('Its peer group').click()
  await settled(page)
})

test('find what else that host did', async () => {
  const page = await detection(top.id)
  await page.getByRole('main').getByRole('link', { name: offender?.address ?? '' }).first().click()
  await page.waitForURL('**/devices/**')
  await settled(page)
  const device = offender?.device ?? offender?.address ?? ''
  const theirs = await api.well(api.api.GET('/v1/devices/{id}/detections', { params: { path: { id: device }, query: { from: day(), limit: 50 } } }))
  expect(theirs.items.length).toBeGreaterThan(0)
  for (const d of theirs.items.slice(0, 3)) await page.getByRole('main').getByText(d.title).first().waitFor()
})

test('hide a false one and see how many are hidden', async () => {
  const [scan] = (await worst()).filter((d) => d.type === 'hygiene.smb1')
  if (!scan) throw new Error('nobody uses SMB 1')
  const page = await detection(scan.id)
  await page.getByRole('button', { name: /^Tune/ }).click()
  const form = page.getByRole('dialog').filter({ hasText: 'What it would hide' })
  const rule = `Journey ${Date.now()}`
  await form.getByLabel('Name', { exact: true }).fill(rule)
  await expect.poll(() => form.innerText()).toMatch(/Would hide 1 of the \d+ detections/)
  await form.getByRole('button', { name: 'Make the rule' }).click()
  await expect.poll(() => page.getByRole('main').innerText()).toContain('A tuning rule hides this detection')
  await page.goto(`${url}/settings/tuning-rules`)
  await settled(page)
  const row = page.getByRole('row').filter({ hasText: rule })
  await row.waitFor()
  const made = (await api.well(api.api.GET('/v1/tuning/rules', {}))).items.find((r) => r.rule.name === rule)
  expect(made).toBeDefined()
})

test('acknowledge five', async () => {
  const list = await worst({ status: ['open'], limit: 5 })
  const page = await open('/detections?status=open')
  await cards(page).nth(4).waitFor()
  for (const i of [0, 1, 2, 3, 4]) await cards(page).nth(i).getByRole('checkbox').check()
  const chosen = page.getByRole('region', { name: 'Selected detections' })
  await chosen.getByText('5 detections selected').waitFor()
  await chosen.getByRole('button', { name: 'Acknowledge' }).click()
  await chosen.waitFor({ state: 'detached' })
  const now = await Promise.all(list.map((d) => api.well(api.api.GET('/v1/detections/{id}', { params: { path: { id: d.id } } }))))
  expect(now.map((d) => d.status)).toEqual(list.map(() => 'acknowledged'))
})

test('export what is listed', async () => {
  const page = await open('/detections?band=critical')
  await cards(page).first().waitFor()
  const critical = (await worst()).filter((d) => d.risk.band === 'critical')
  await page.getByRole('button', { name: 'Export' }).click()
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /CSV/ }).click()])
  expect(file.suggestedFilename()).toMatch(/\.csv$/)
  const path = join(mkdtempSync(join(tmpdir(), 'mirrorwatch-')), 'export.csv')
  await file.saveAs(path) // the browser may be on another machine, as far as it knows
  const text = readFileSync(path, 'utf8')
  rmSync(dirname(path), { recursive: true })
  expect(critical.filter((d) => text.includes(d.id)).length).toBe(critical.length)
  expect(text.trim().split('\n').filter((line) => /^"?[0-9a-f]{32}/.test(line)).length).toBe(critical.length)
})

test('find all TLS records of a host', async () => {
  const query = 'id.orig_h = 10.20.1.30'
  const asked = await api.well(api.api.POST('/v1/records/search', { body: { from: day(), to: new Date().toISOString(), kinds: ['ssl'], query, count: true, limit: 100 } }))
  expect(asked.items.length).toBeGreaterThan(3)
  const page = await open('/records')
  const line = page.getByRole('combobox', { name: 'Query' })
  await line.fill(query)
  await line.press('Escape') // what is offered to go on with
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByRole('group', { name: 'Kinds of record' }).getByRole('button', { name: /^ssl/ }).click()
  await page.getByRole('heading', { name: new RegExp(`^Records \\(${asked.items.length}\\b`) }).waitFor()
  const rows = page.getByRole('button', { name: /^Every field of the ssl record/ })
  await expect.poll(() => rows.count()).toBe(asked.items.length)
  await rows.first().click()
  await page.getByRole('table', { name: 'Fields of the ssl record' }).getByText('10.20.1.30').first().waitFor()
})

test('see why an interface is not mirrored', async () => {
  const sick = (await api.well(api.api.GET('/v1/coverage', { params: { query: { state: ['unsupported_type'] } } }))).items[0]
  expect(sick?.fix).toBeTruthy()
  const page = await open('/coverage')
  await page.getByRole('button', { name: /^Type not supported/ }).click()
  const row = page.getByRole('row').filter({ hasText: sick?.interface ?? '' })
  await row.waitFor()
  expect(await row.innerText()).toContain(sick?.reason)
  expect(await row.innerText()).toContain(sick?.fix)
})

test('change the theme and share the link', async () => {
  const page = await open('/detections?theme=dark&band=high,critical&last=7d')
  await cards(page).first().waitFor()
  const ink = (p: Page) => p.locator('h1').evaluate((h) => getComputedStyle(h).color)
  const dark = await ink(page)
  await page.getByRole('button', { name: 'Theme' }).click()
  await page.getByRole('menuitem', { name: 'Light' }).click()
  await expect.poll(() => ink(page)).not.toBe(dark)
  const other = await open(page.url(), { as: 'viewer' })
  await cards(other).first().waitFor()
  expect(await ink(other)).toBe(await ink(page))
  const titles = async (p: Page) => {
    await settled(p) // those below the window follow the first
    return cards(p).getByRole('link').allInnerTexts()
  }
  expect(await titles(other)).toEqual(await titles(page))
})

test('sign in for the first time, and out', async () => {
  const admin = await asking('admin')
  const name = 'browser-newcomer'
  const first = await newcomer(admin, name, 'viewer')
  const page = await open('/', { as: 'nobody' })
  await signIn(page, name, first)
  await page.getByRole('heading', { name: /new password|password/i }).waitFor()
  const next = 'quite another long password'
  const fields = page.locator('input[type="password"]')
  for (let i = 0; i < (await fields.count()); i++) {
    const field = fields.nth(i)
    if (await field.isEditable()) await field.fill((await field.getAttribute('autocomplete')) === 'current-password' ? first : next)
  }
  await page.getByRole('button', { name: /password/i }).click()
  await page.getByRole('heading', { level: 1, name: /^Detections/ }).waitFor()
  await page.getByRole('button', { name: new RegExp(name) }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
})
