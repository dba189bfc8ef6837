import { expect, test } from 'vitest'
import { barsOf, countsOf, gridOf, silenceOf, stack, unseen } from './bars'

const hour = 3_600_000
const noon = Date.parse('2026-11-26T12:00:00Z')
const bucket = (h: number, count: number) => ({ start: new Date(noon + h * hour).toISOString(), count })

test('bars are at round times, and hold the span', () => {
  const g = gridOf({ from: noon - 24 * hour + 123, to: noon + 123 })
  expect(g.step).toBe(hour / 2)
  expect(g.from).toBe(noon - 24 * hour)
  expect(g.to).toBe(noon + hour / 2)
  expect(g.buckets).toBe(49)
  for (const length of [1000, hour / 4, hour, 6 * hour, 7 * 24 * hour, 31 * 24 * hour, 400 * 24 * hour, 9000 * 24 * hour]) {
    const { from, to, step, buckets } = gridOf({ from: noon - length, to: noon })
    expect(buckets).toBeLessThanOrEqual(74)
    expect(from).toBeLessThanOrEqual(noon - length)
    expect(to).toBeGreaterThanOrEqual(noon)
    expect(from + buckets * step).toBe(to)
  }
})

test('bands that are not chosen count nothing, and the buttons still say how many there are', () => {
  const buckets = [{ ...bucket(0, 4), bands: { low: 3, critical: 1 } }, bucket(1, 0)]
  expect(stack).toEqual(['low', 'medium', 'high', 'critical'])
  expect(barsOf(buckets, undefined).map((b) => b.counts)).toEqual([
    [3, 0, 0, 1],
    [0, 0, 0, 0],
  ])
  expect(barsOf(buckets, ['critical'])[0]?.counts).toEqual([0, 0, 0, 1])
  expect(countsOf(buckets)).toEqual({ critical: 1, high: 0, medium: 0, low: 3 })
})

test('silence is where nothing at all was seen, and neither now nor before what is kept', () => {
  const grid = { from: noon, to: noon + 8 * hour, step: hour, buckets: 8 }
  const buckets = [0, 0, 5, 0, 0, 3, 0, 0].map((n, h) => bucket(h, n))
  const span = { from: noon, to: noon + 7.5 * hour }
  const of = (oldest?: number) => silenceOf(buckets, grid, span, noon + 7.5 * hour, oldest)
  expect(of()).toEqual({
    gaps: [
      { from: noon, to: noon + 2 * hour },
      { from: noon + 3 * hour, to: noon + 5 * hour },
    ],
    oldest: undefined,
  })
  expect(of(noon + 1.5 * hour)).toEqual({
    gaps: [
      { from: noon + hour, to: noon + 2 * hour },
      { from: noon + 3 * hour, to: noon + 5 * hour },
    ],
    oldest: noon + 1.5 * hour,
  })
})

test('where something was detected, something was seen', () => {
  const buckets = [0, 0, 1, 0, 0, 0].map((n, h) => bucket(h, n))
  expect(unseen([{ from: noon + hour, to: noon + 4 * hour }], hour, buckets)).toEqual([
    { from: noon + hour, to: noon + 2 * hour },
    { from: noon + 3 * hour, to: noon + 4 * hour },
  ])
})
