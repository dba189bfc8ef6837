// What goes wrong around the console: a server that is slow, fails, is gone, or knows nobody any more. Every page says so in plain words, and
// goes on by itself when it is over.
import type { BrowserContext, Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { allow, asking, control, enter, go, keep, noAnswer, open, settled, signIn, uncontrolled, url } from './browser'
import { enter as letIn, newcomer, type Person } from './people'
import { places, type Place } from './places'

const name = 'browser-states'
let somebody: Person

beforeAll(async () => {
  const admin = await asking('admin')
  somebody = await letIn(url, name, await newcomer(admin, name, 'admin'))
})

// As many pages at once as a small machine can bear.
const together = 7
const all = await places()
const some = Array.from({ length: Math.ceil(all.length / together) }, (_, i) => all.slice(i * together, (i + 1) * together))

/** The only answer that is ever made up: a server that fails. */
const failure = { status: 500, contentType: 'application/problem+json', body: JSON.stringify({ type: '/problems/internal', title: 'The store is away', status: 500, detail: 'disk I/O error' }) }

const away = '/settings/about'
const tried = /tried again by itself/
const ended = 'Your session has ended'

interface Tab {
  place: Place
  page: Page
}

/** Pages that share a context, whose clock is in our hand: waiting for the next try takes no time. */
class Tabs {
  private constructor(readonly context: BrowserContext, readonly list: readonly Tab[]) {}

  static async open(list: readonly Place[]): Promise<Tabs> {
    const context = await enter('nobody', url, somebody.cookie)
    await context.clock.install()
    const tabs = list.map(async (place) => {
      const page = await context.newPage()
      keep(page, url)
      await page.goto(url + away)
      await settled(page)
      return { place, page }
    })
    return new Tabs(context, await Promise.all(tabs))
  }

  /** Goes to each page anew, when what was read is not fresh any more. */
  async anew(): Promise<void> {
    await Promise.all(this.list.map(({ page }) => go(page, away)))
    await this.context.clock.fastForward(60_000)
    await this.visit()
  }

  async visit(): Promise<void> {
    await Promise.all(this.list.map(({ page, place }) => go(page, place.path)))
    await this.stir()
  }

  /** Moves the hand: pages that nobody is at ask for nothing, and by this clock hours pass. */
  private stir(): Promise<void[]> {
    return Promise.all(this.list.map(({ page }) => page.evaluate(() => void dispatchEvent(new Event('pointermove')))))
  }

  /** Waits until every page is as it should be, letting the clock run meanwhile. */
  async until(right: (page: Page) => Promise<boolean>, otherwise: string, tabs = this.list): Promise<void> {
    let wrong = tabs
    for (let i = 0; i < 60 && wrong.length > 0; i++) {
      if (i > 0) await this.context.clock.fastForward(4000)
      if (i % 20 === 0) await this.stir()
      await new Promise((done) => setTimeout(done, i < 20 ? 100 : 1000)) // a server that starts beside other work takes its time
      const well = await Promise.all(wrong.map(({ page }) => right(page)))
      wrong = wrong.filter((_, n) => !well[n])
    }
    const shown = await Promise.all(wrong.map(async ({ place, page }) => `${place.name} ${otherwise}; it shows: ${(await page.locator('main').first().innerText()).slice(0, 400)}`))
    expect(shown).toEqual([])
  }
}

/** Keeps the session that was opened last, for the next context. */
async function remember(context: BrowserContext): Promise<void> {
  const found = (await context.cookies()).find((c) => c.name === somebody.cookie.name)
  if (found) somebody.cookie = { name: found.name, value: found.value }
}

const shows = (page: Page, text: RegExp) => page.locator('main').getByText(text).first().isVisible()
const saysSo = async (page: Page) => (await shows(page, tried)) && (await shows(page, /The store is away|cannot be reached/))
const isWell = async (page: Page) => !(await shows(page, tried)) && !(await shows(page, /The store is away|cannot be reached/)) && (await page.locator('main .mw-loading').count()) === 0
const isOut = (page: Page) => page.getByRole('dialog', { name: ended }).isVisible()

describe.each(some.map((list) => ({ list, names: list.map((p) => p.name).join(', ') })))('$names', ({ list }) => {
  test('slow and failing, gone, and signed out', async () => {
    allow(noAnswer)
    const tabs = await Tabs.open(list)

    await tabs.context.route('**/v1/**', async (route) => {
      await new Promise((done) => setTimeout(done, 900))
      await route.fulfill(failure).catch(() => undefined) // the page has gone elsewhere, or it is over
    })
    await tabs.visit()
    await tabs.until(async (page) => (await page.locator('main .mw-loading').count()) > 0 || saysSo(page), 'shows nothing while an answer is slow')
    await tabs.until(saysSo, 'does not say that the server fails')
    await tabs.context.unrouteAll({ behavior: 'ignoreErrors' })
    await tabs.until(isWell, 'does not go on by itself when the server is well again')

    if (!uncontrolled) {
      await control('stop')
      await tabs.anew()
      await tabs.until(saysSo, 'does not say that the server is gone')
      await control('start')
      await tabs.until(isWell, 'does not go on by itself when the server is back')
    }

    const admin = await asking('admin')
    await admin.well(admin.api.DELETE('/v1/users/{name}/sessions', { params: { path: { name } } }))
    await tabs.anew()
    await tabs.until(isOut, 'does not say that the session has ended')
    const [first] = tabs.list
    if (first) await signIn(first.page.getByRole('dialog', { name: ended }), undefined, somebody.password)
    await tabs.until(async (page) => !(await isOut(page)), 'does not notice that somebody signed in again')
    await tabs.until(isWell, 'does not go on by itself when somebody is in again')
    await remember(tabs.context)
    await tabs.context.close()
  }, 480_000)
})

describe('what was typed outlives the session', () => {
  const text = 'They say it was the scanner of the audit.'

  async function ends(page: Page, send: () => Promise<void>): Promise<void> {
    const admin = await asking('admin')
    await admin.well(admin.api.DELETE('/v1/users/{name}/sessions', { params: { path: { name } } }))
    await send()
    const dialog = page.getByRole('dialog', { name: ended })
    await signIn(dialog, undefined, somebody.password)
    await dialog.waitFor({ state: 'hidden' })
    await remember(page.context())
  }

  test('a note', async () => {
    allow(/401/)
    const page = await open('/detections/0123456789abcdef0123456789abcdef', { as: 'nobody', cookie: somebody.cookie })
    const note = page.getByLabel('New note')
    await note.fill(text)
    await ends(page, () => page.getByRole('button', { name: 'Add the note' }).click())
    await expect.poll(() => note.inputValue()).toBe('') // what was refused goes out again by itself
    await page.getByRole('main').getByText(text).last().waitFor()
    const admin = await asking('admin')
    await expect.poll(async () => (await admin.well(admin.api.GET('/v1/detections/{id}', { params: { path: { id: '0123456789abcdef0123456789abcdef' } } }))).notes?.map((n) => n.text)).toContain(text)
  })

  test('a rule', async () => {
    allow(/401/)
    const page = await open('/settings/tuning-rules', { as: 'nobody', cookie: somebody.cookie })
    await settled(page)
    await page.getByRole('button', { name: 'Make a rule' }).click()
    const field = page.getByLabel('Why', { exact: true })
    await field.fill(text)
    await ends(page, async () => { // what it would hide is asked for
      const match = page.getByRole('dialog').getByRole('combobox').first()
      await match.fill('scanner')
      await match.press('Enter')
    })
    expect(await field.inputValue()).toBe(text)
  })
})
