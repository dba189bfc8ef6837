import { expect, test, vi } from 'vitest'
import { pages, preload } from './pages'

test('no two pages have one path', () => {
  expect(new Set(pages.map((p) => p.path)).size).toBe(pages.length)
})

test.each([['/detections', '/detections'], ['/', '/detections'], ['/detections/a%2Fb', '/detections/:id'], ['/detections/a/b', undefined], ['/nowhere', undefined]])('%s begins to load %s', (path, wanted) => {
  const spies = pages.map((p) => vi.spyOn(p.shows, 'load').mockResolvedValue({}))
  preload(path)
  expect(pages.filter((_, i) => spies[i]?.mock.calls.length).map((p) => p.path)).toEqual(wanted ? [wanted] : [])
  vi.restoreAllMocks()
})
