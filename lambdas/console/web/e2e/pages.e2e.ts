// Every page in both themes: whoever cannot see, or cannot use a mouse, can use it, as far as a program can tell; it is no wider than its window;
// and there is a picture of it in build/console, for whoever reviews a change.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { open, settled } from './browser'
import { places } from './places'

const folder = fileURLToPath(new URL('../../../../build/console/', import.meta.url))
mkdirSync(folder, { recursive: true })

const picture = (page: Page, name: string) => page.screenshot({ path: `${folder}${name}.png` })

/** How many pixels a page is wider than its window. */
const over = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

// Of all the rules those that look at colours are the only ones that a theme can change. The others would see the same page twice.
const ofColour = ['color-contrast', 'link-in-text-block']

/** What axe finds on a page, a line each. */
async function found(page: Page, only?: string[]): Promise<string[]> {
  await page.evaluate(axe.source)
  const run = only ? { type: 'rule' as const, values: only } : { type: 'tag' as const, values: levels }
  const list = await page.evaluate(
    async (runOnly) => (await (window as unknown as { axe: typeof axe }).axe.run(document, { runOnly, resultTypes: ['violations'] })).violations,
    run,
  )
  return list.flatMap((v) => v.nodes.map((n) => `${v.id} (${v.impact}): ${n.target.join(' ')}: ${n.html.slice(0, 160)}: ${n.any[0]?.message ?? v.help}`))
}

for (const place of await places()) {
  test(place.name, async () => {
    const page = await open(`${place.path}?theme=light`, { as: place.admin ? 'admin' : 'analyst' })
    await settled(page)
    expect.soft(await found(page), 'axe, light').toEqual([])
    await picture(page, `${place.name}-light-1440`)
    await page.getByRole('button', { name: 'Theme' }).click()
    await page.getByRole('menuitem', { name: 'Dark' }).click()
    await settled(page)
    expect.soft(await found(page, ofColour), 'axe, dark').toEqual([])
    await picture(page, `${place.name}-dark-1440`)
    for (const [width, height] of [[1024, 768], [390, 844]] as const) {
      await page.setViewportSize({ width, height })
      await settled(page)
      expect.soft(await over(page), `pixels that the page is wider than ${width}`).toBeLessThanOrEqual(0)
      if (place.main) await picture(page, `${place.name}-dark-${width}`)
    }
  })
}

test('signing in', async () => {
  for (const theme of ['light', 'dark'] as const) {
    const page = await open('/sign-in', { as: 'nobody', theme })
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect.soft(await found(page), `axe, ${theme}`).toEqual([])
    await picture(page, `sign-in-${theme}-1440`)
  }
})
