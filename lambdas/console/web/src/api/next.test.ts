import { expect, test } from 'vitest'
import { Problem } from './client'
import { nextTry } from './read'

test('what may pass is asked again, later each time, and what will not is not', () => {
  const after = (error: Error | null, errorUpdateCount: number, every?: number) => nextTry({ error, errorUpdateCount }, every)
  expect(after(null, 0)).toBe(false)
  expect(after(null, 2, 15_000)).toBe(15_000)
  expect([1, 2, 3, 9].map((n) => after(new Problem(503, 'Away'), n))).toEqual([3_000, 6_000, 12_000, 30_000])
  expect(after(new Problem(404, 'Gone'), 1, 15_000)).toBe(false)
})
