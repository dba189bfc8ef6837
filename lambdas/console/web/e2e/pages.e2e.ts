// Every page in three widths and both themes: whoever cannot see, or cannot use a mouse, can use it, as far as a program can tell; it is no wider
// than its window; and there is a picture of it in build/console, for whoever reviews a change.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'
import { go, open, settled, visit } from './browser'
import type { Role } from './people'
import { places, type Place } from './places'

const folder = fileURLToPath(new URL('../../../../build/console/', import.meta.url))
mkdirSync(folder, { recursive: true })

const picture = (page: Page, name: string) => page.screenshot({ path: `${folder}${name}.png` })

/** How many pixels a page is wider than its window. */
const over = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

// Of all the rules those that look at colours are the only ones that a theme can change. The others would see the same page twice.
const ofColour = ['color-contrast', 'link-in-text-block']
const allRules = { runOnly: { type: 'tag' as const, values: levels } }
const colours = { runOnly: { type: 'rule' as const, values: ofColour } }
const allButColours = { ...allRules, rules: Object.fromEntries(ofColour.map((r) => [r, { enabled: false }])) } // those of a narrow window are those of a wide one

// Long lists are made of rows that one piece of code draws. Axe looks at the first of them; a hundred of each would take most of the time.
const alike = 'main tbody tr:nth-child(n+26), main li:nth-child(n+26), main article:nth-child(n+26)'

/** What axe finds on a page, a line each. */
async function found(page: Page, what: typeof allRules | typeof colours | typeof allButColours): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  const list = await page.evaluate(
    async ([what, selector]) => {
      const checker = (window as unknown as { axe: typeof axe }).axe
      const far = [...document.querySelectorAll<HTMLElement>(selector)].filter((e) => e.style.display === '')
      for (const e of far) e.style.display = 'none'
      // What is out of sight may not be laid out yet, and has the sizes and colours that it had last: axe takes those for its own.
      for (const e of document.querySelectorAll<HTMLElement>('.mw-cards > li')) e.style.contentVisibility = 'visible'
      const { violations } = await checker.run(document, { ...what, resultTypes: ['violations'], preload: false })
      for (const e of far) e.style.display = ''
      return violations
    },
    [what, alike] as const,
  )
  return list.flatMap((v) => v.nodes.map((n) => `${v.id} (${v.impact}): ${n.target.join(' ')}: ${n.html.slice(0, 160)}: ${n.any[0]?.message ?? v.help}`))
}

const tabs = new Map<Role, Awaited<ReturnType<typeof visit>>>()
afterAll(() => Promise.all([...tabs.values()].map((tab) => tab.close())))

/** The page of a role, at a place: one goes from place to place as by links, since loading the console anew at each would take most of the time. */
async function at(place: Place): Promise<Page> {
  const as = place.admin ? 'admin' : 'analyst'
  const tab = tabs.get(as) ?? (await visit('/settings/about', { as }))
  tabs.set(as, tab)
  await tab.page.setViewportSize({ width: 1440, height: 900 })
  await go(tab.page, place.path)
  return tab.page
}

/** Has a page shown as a system of that theme would show it. That the menu changes it is one of the journeys. */
async function wear(page: Page, theme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme: theme })
  await page.waitForFunction((dark) => document.documentElement.classList.contains('mw-dark') === dark, theme === 'dark')
  await settled(page)
}

for (const place of await places()) {
  test(place.name, async () => {
    const page = await at(place)
    await wear(page, 'light')
    expect.soft(await found(page, allRules), 'axe, light').toEqual([])
    await picture(page, `${place.name}-light-1440`)
    await wear(page, 'dark')
    expect.soft(await found(page, colours), 'axe, dark').toEqual([])
    await picture(page, `${place.name}-dark-1440`)
    for (const [width, height] of [[1024, 768], [390, 844]] as const) {
      await page.setViewportSize({ width, height })
      await settled(page)
      expect.soft(await over(page), `pixels that the page is wider than ${width}`).toBeLessThanOrEqual(0)
      expect.soft(await found(page, allButColours), `axe, ${width} wide`).toEqual([])
      if (place.main) await picture(page, `${place.name}-dark-${width}`)
    }
  })
}

test('signing in', async () => {
  for (const theme of ['light', 'dark'] as const) {
    const page = await open('/sign-in', { as: 'nobody', theme })
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect.soft(await found(page, allRules), `axe, ${theme}`).toEqual([])
    await picture(page, `sign-in-${theme}-1440`)
    if (theme === 'dark') continue
    await page.setViewportSize({ width: 390, height: 844 })
    expect.soft(await over(page), 'pixels that the page is wider than 390').toBeLessThanOrEqual(0)
    expect.soft(await found(page, allButColours), 'axe, 390 wide').toEqual([])
  }
})

test('the way to another page in a narrow window', async () => {
  const page = await open('/settings/about', { width: 390, height: 844 })
  await settled(page)
  await page.getByRole('button', { name: 'Open side navigation' }).click()
  const way = page.getByRole('link', { name: 'Incidents' })
  await way.waitFor()
  expect.soft(await found(page, allRules), 'axe').toEqual([])
  await picture(page, 'navigation-light-390')
  await way.click()
  await page.getByRole('heading', { level: 1, name: /^Incidents/ }).waitFor()
  await way.waitFor({ state: 'hidden' }) // it does not lie over what one went to
})
