// A picture of every page, kept in build/console for whoever reviews a change; and no page is wider than its window.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { open, settled } from './browser'
import { places } from './places'

const folder = fileURLToPath(new URL('../../../../build/console/', import.meta.url))
mkdirSync(folder, { recursive: true })

const sizes = [[1440, 900], [1024, 768], [390, 844]] as const

/** How many pixels a page is wider than its window. */
const over = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

for (const place of await places()) {
  test(place.name, async () => {
    for (const theme of ['light', 'dark'] as const) {
      const page = await open(`${place.path}?theme=${theme}`, { as: place.admin ? 'admin' : 'analyst' })
      for (const [width, height] of sizes) {
        if (width < 1440 && !place.main) continue
        if (width < 1440 && theme === 'dark') continue
        await page.setViewportSize({ width, height })
        await settled(page)
        await page.screenshot({ path: `${folder}${place.name}-${theme}-${width}.png` })
        expect(await over(page), `pixels that the page is wider than ${width}`).toBeLessThanOrEqual(0)
      }
    }
  })
}
