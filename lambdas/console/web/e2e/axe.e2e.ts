// Whoever cannot see, or cannot use a mouse, can use every page: as far as a program can tell.
import axe from 'axe-core'
import { expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { open, settled } from './browser'
import { places } from './places'

const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

// Of all the rules those that look at colours are the only ones that a theme can change. The others see the same page twice.
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
  test(`${place.name} in both themes`, async () => {
    const page = await open(`${place.path}?theme=light`, { as: place.admin ? 'admin' : 'analyst' })
    await settled(page)
    expect(await found(page), 'light').toEqual([])
    await page.getByRole('button', { name: 'Theme' }).click()
    await page.getByRole('menuitem', { name: 'Dark' }).click()
    await settled(page)
    expect(await found(page, ofColour), 'dark').toEqual([])
  })
}

test('signing in in both themes', async () => {
  for (const theme of ['light', 'dark'] as const) {
    const page = await open('/sign-in', { as: 'nobody', theme })
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(await found(page), theme).toEqual([])
  }
})
