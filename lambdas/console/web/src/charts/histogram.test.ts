import { expect, test } from 'vitest'
import { barAt, barCount, between, edgeOf, moved, nearestEdge, pieces, silences, topOf, within, xOf, type Frame } from './histogram'

const f: Frame = { from: 1000, to: 2000, step: 100, area: { left: 30, top: 5, width: 500, height: 100 } }

test('moments and pixels', () => {
  expect([900, 1000, 1500, 2000, 3000].map((t) => xOf(f, t))).toEqual([30, 30, 280, 530, 530])
  expect([0, 30, 79, 81, 529, 900].map((x) => barAt(f, x))).toEqual([0, 0, 0, 1, 9, 9])
  expect(barCount(f)).toBe(10)
  expect(barCount({ ...f, to: 2050 })).toBe(11)
  expect(barCount({ ...f, to: 1000 })).toBe(1)
})

test('edges of bars', () => {
  expect([-1, 0, 3, 10, 11].map((e) => edgeOf(f, e))).toEqual([1000, 1000, 1300, 2000, 2000])
  expect([0, 1049, 1051, 1999, 5000].map((t) => nearestEdge(f, t))).toEqual([0, 0, 1, 10, 10])
  expect(edgeOf({ ...f, to: 2050 }, 11)).toBe(2050)
})

test('a drag selects whole bars, both ways', () => {
  expect(between(f, 2, 4)).toEqual({ from: 1200, to: 1500 })
  expect(between(f, 4, 2)).toEqual({ from: 1200, to: 1500 })
  expect(between(f, 9, 9)).toEqual({ from: 1900, to: 2000 })
})

test('the ends of a selection push each other and leave one bar', () => {
  const s = { from: 1200, to: 1500 }
  expect(moved(f, s, 'from', 3)).toEqual({ from: 1300, to: 1500 })
  expect(moved(f, s, 'from', 7)).toEqual({ from: 1700, to: 1800 })
  expect(moved(f, s, 'from', 99)).toEqual({ from: 1900, to: 2000 })
  expect(moved(f, s, 'to', 1)).toEqual({ from: 1000, to: 1100 })
  expect(moved(f, s, 'to', -5)).toEqual({ from: 1000, to: 1100 })
  expect(moved(f, s, 'to', 10)).toEqual({ from: 1200, to: 2000 })
})

test('what is outside of the selection', () => {
  expect([0, 2, 3, 4, 5].map((b) => within(f, b, { from: 1200, to: 1500 }))).toEqual([false, true, true, true, false])
  expect(within(f, 0, undefined)).toBe(true)
})

test('series are stacked in their order, the first at the bottom', () => {
  const bars = [{ start: 1000, counts: [2, 0, 1] }, { start: 1900, counts: [0, 0, 0] }, { start: 5000, counts: [9, 9, 9] }]
  const got = pieces(f, bars, 4)
  expect(got.map((p) => [p.bar, p.series, p.y, p.height])).toEqual([[0, 0, 55, 50], [0, 2, 30, 25]])
  expect(got[0]?.x).toBe(31)
  expect(got[0]?.width).toBe(48)
})

test('one among thousands is still seen', () => {
  expect(pieces(f, [{ start: 1000, counts: [1] }], 100_000)[0]?.height).toBe(1.5)
})

test('the axis holds the highest stack', () => {
  expect(topOf([{ start: 0, counts: [3, 4] }, { start: 1, counts: [1] }])).toBe(8)
  expect(topOf([])).toBe(2)
})

test('silence is joined, and cut at the ends of the span', () => {
  const bars = [0, 0, 5, 0, 3, 0, 0].map((n, i) => ({ start: 1000 + i * 100, counts: [n] }))
  expect(silences({ from: 1050, to: 1650 }, 100, bars)).toEqual([{ from: 1050, to: 1200 }, { from: 1300, to: 1400 }, { from: 1500, to: 1650 }])
  expect(silences({ from: 1000, to: 2000 }, 100, [])).toEqual([])
})
