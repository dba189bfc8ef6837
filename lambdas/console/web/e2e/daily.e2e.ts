// What else somebody does with the console in a day, each as somebody would do it; what is right is asked of the API itself.
import { expect, test } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { allow, asking, open, settled, url } from './browser'
import { enter as letIn, newcomer } from './people'

const api = await asking('analyst')
const day = 86_400_000

/** The titles of the list, in its order. */
const titles = (page: Page) => page.getByRole('main').getByRole('article').getByRole('link').filter({ visible: true }).allInnerTexts()

test('change a parameter', async () => {
  const admin = await asking('admin')
  const now = async () => (await admin.well(admin.api.GET('/v1/parameters/{name}', { params: { path: { name: 'known_scanners' } } })))
  const before = await now()
  const page = await open('/settings/parameters', { as: 'admin' })
  const change = page.getByRole('button', { name: 'Change Known scanners' })
  await change.click()
  const form = page.getByRole('dialog', { name: 'Known scanners' })
  const values = form.getByRole('textbox', { name: 'One value a line' })
  await values.fill([...before.values, 'nowhere'].join('\n'))
  await form.getByRole('button', { name: 'Save' }).click()
  allow(/400 \(Bad Request\)/)
  await form.getByText(/nowhere/).filter({ hasNot: page.locator('textarea') }).first().waitFor() // what is wrong is said, and what was typed stays
  const scanner = `10.20.77.${1 + (Date.now() % 250)}`
  await values.fill([...before.values, scanner].join('\n'))
  await form.getByRole('button', { name: 'Save' }).click()
  await form.waitFor({ state: 'hidden' })
  expect((await now()).values.join()).toContain(scanner)
  await page.getByRole('row').filter({ has: change }).getByText('Set here').waitFor()
  await page.goto(`${url}/settings/audit-log`)
  await page.getByRole('row').filter({ hasText: 'known_scanners' }).first().waitFor()
})

test('save a view, and open it by its link', async () => {
  const name = `Journey ${Date.now()}`
  const page = await open('/detections?band=high&sort=newest')
  await settled(page)
  await page.getByRole('button', { name: 'Views', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Save as a view…' }).click()
  const form = page.getByRole('dialog', { name: 'Save as a view' })
  await form.getByLabel('Name', { exact: true }).fill(name)
  await form.getByLabel('Others see it too').check()
  await form.getByRole('button', { name: 'Save' }).click()
  await form.waitFor({ state: 'hidden' })
  await page.getByRole('button', { name: `View: ${name}` }).waitFor()
  const made = (await api.well(api.api.GET('/v1/views', {}))).items.find((v) => v.view.name === name)
  expect(made?.view).toMatchObject({ filter: { bands: ['high'] }, sort: '-start', shared: true })

  const other = await open(page.url(), { as: 'viewer' })
  await other.getByRole('button', { name: `View: ${name}` }).waitFor()
  await settled(other)
  expect(await titles(other)).toEqual(await titles(page))
  await other.getByRole('group', { name: /^Bands of risk/ }).getByRole('button', { name: /Low/ }).click()
  await other.getByRole('button', { name: `View: ${name} (changed)` }).click()
  await other.getByRole('menuitem', { name: new RegExp(`^${name}`) }).click() // what somebody shares is a step away
  await other.getByRole('button', { name: `View: ${name}`, exact: true }).waitFor()
  expect(new URL(other.url()).searchParams.get('band')).toBe('high')
})

/** Goes on by Tab until something has the keyboard, as somebody without a mouse does. */
async function tabTo(page: Page, to: Locator, most = 40): Promise<void> {
  const there = () => to.evaluate((e) => e === document.activeElement)
  for (let i = 0; i < most && !(await there()); i++) await page.keyboard.press('Tab')
  expect(await there(), `Tab leads to ${String(to)}`).toBe(true)
}

test('with the keys alone, from signing in to a detection that is closed', async () => {
  const name = 'browser-keys'
  const admin = await asking('admin')
  const { password } = await letIn(url, name, await newcomer(admin, name, 'analyst'))
  const query = { status: ['open'] as const, sort: 'start' as const, limit: 3 }
  const [first, second] = (await api.well(api.api.GET('/v1/detections', { params: { query: { ...query, status: [...query.status], from: new Date(Date.now() - day).toISOString() } } }))).items
  if (!first || !second) throw new Error('nothing is open')
  const as = async (id: string) => (await api.well(api.api.GET('/v1/detections/{id}', { params: { path: { id } } }))).status
  const item = (page: Page, id: string) => page.locator(`[data-item="${id}"] a`)

  const page = await open('/detections?status=open&sort=oldest', { as: 'nobody' })
  const { keyboard } = page
  await page.getByLabel('Name', { exact: true }).and(page.locator(':focus')).waitFor() // one may type at once
  await keyboard.type(name)
  await keyboard.press('Tab')
  await keyboard.type(password)
  await keyboard.press('Enter')
  await item(page, second.id).waitFor()
  await settled(page)

  await keyboard.press('?')
  const help = page.getByRole('dialog', { name: 'Keys on this page' })
  for (const does of ['Next detection', 'Previous detection', 'Open the detection', 'Acknowledge it', 'Search']) await help.getByText(does, { exact: true }).waitFor()
  await keyboard.press('Escape')
  await help.waitFor({ state: 'hidden' })

  await keyboard.press('j')
  await item(page, first.id).and(page.locator(':focus')).waitFor()
  await keyboard.press('j')
  await item(page, second.id).and(page.locator(':focus')).waitFor()
  await keyboard.press('k')
  await keyboard.press('a')
  await expect.poll(() => as(first.id)).toBe('acknowledged')
  await page.getByRole('article').filter({ has: item(page, first.id) }).getByText('Acknowledged').waitFor() // where it was
  await keyboard.press('Enter')
  await page.waitForURL(`**/detections/${first.id}*`)
  await page.getByRole('heading', { name: 'Why this was raised' }).waitFor()
  const heading = page.getByRole('heading', { level: 1 }).and(page.locator(':focus'))
  await heading.waitFor() // there one is led

  await keyboard.press('/')
  await page.getByRole('combobox', { name: 'Search' }).and(page.locator(':focus')).waitFor()
  await keyboard.type(second.id)
  await keyboard.press('Enter') // leads to what was found, as soon as it is
  await page.waitForURL(`**/detections/${second.id}*`)
  await page.getByRole('main').getByText(second.id).first().waitFor()
  await heading.waitFor()
  await keyboard.press('c')
  const dialog = page.getByRole('dialog', { name: 'Close this detection' })
  await dialog.waitFor()
  await tabTo(page, dialog.getByRole('radio').first())
  await keyboard.press('Space')
  await tabTo(page, dialog.getByRole('textbox', { name: 'Note' }))
  await keyboard.type('Closed without a mouse.')
  await tabTo(page, dialog.getByRole('button', { name: 'Close it', exact: true }))
  await keyboard.press('Enter')
  await dialog.waitFor({ state: 'hidden' })
  await page.getByRole('button', { name: /^Status: Closed/ }).waitFor()
  expect(await as(second.id)).toBe('closed')
})

test('ask for records with a mistake in the query', async () => {
  const wrong = 'id.orig_h = = 10.20.1.30'
  const span = { from: new Date(Date.now() - day).toISOString(), to: new Date().toISOString() }
  const said = (await api.api.POST('/v1/records/search', { body: { ...span, query: wrong } })).error
  const where = said?.errors?.find((e) => e.field === 'query')?.allowed.replace(/ \(at byte \d+\)$/, '')
  expect(where).toBeTruthy()
  allow(/400 \(Bad Request\)/)
  const page = await open('/records')
  const line = page.getByRole('combobox', { name: 'Query' })
  await line.fill(wrong)
  await line.press('Enter')
  const trouble = page.getByRole('search', { name: 'Records' }).getByRole('alert')
  await trouble.getByText(`Here must be: ${where}`, { exact: false }).waitFor()
  expect(await line.inputValue()).toBe(wrong) // it can be mended where it is
  expect(await line.getAttribute('aria-invalid')).toBe('true')
  await line.fill(wrong.replace('= =', '='))
  await line.press('Enter')
  await trouble.waitFor({ state: 'hidden' })
  await page.getByRole('button', { name: /^Every field of the \S+ record/ }).first().waitFor()
})

test('walk through the time of the map, and read it as a list', async () => {
  const steps = 24
  const [to, network] = [Date.now(), '10.20.2.0/24']
  const from = to - day
  const at = (step: number) => new Date(Math.round(from + (step * day) / steps)).toISOString()
  const map = (step: number) => api.well(api.api.GET('/v1/activity-map', { params: { query: { from: at(step - 1), to: at(step), address: network, group: 'device', limit: 50 } } }))
  let step = steps
  while (step > 1 && (await map(step)).edges.length === 0) step--
  const drawn = await map(step)
  expect(drawn.edges.length, 'a step in which somebody spoke').toBeGreaterThan(0)

  const page = await open(`/activity-map?address=${network}&from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`)
  const slider = page.getByRole('slider', { name: 'Step of the time' })
  await slider.press('End')
  for (let i = steps; i > step; i--) await slider.press('ArrowLeft')
  await page.getByText(`${step} of ${steps}`, { exact: true }).waitFor()
  await page.getByRole('group', { name: new RegExp(`: ${drawn.nodes.length} nodes?, ${drawn.edges.length} lines?$`) }).waitFor()
  await page.getByRole('button', { name: 'List', exact: true }).click()
  await page.getByRole('heading', { name: `Who spoke with whom (${drawn.edges.length})` }).waitFor()
  const [edge] = [...drawn.edges].sort((a, b) => b.connections - a.connections)
  const label = (id: string | undefined) => drawn.nodes.find((n) => n.id === id)?.label ?? id ?? ''
  const row = page.getByRole('row').filter({ hasText: label(edge?.from) }).filter({ hasText: label(edge?.to) }).first()
  expect(await row.innerText()).toContain(String(edge?.connections))
  expect(new URL(page.url()).searchParams.get('step')).toBe(String(step))
})
