import { expect, test } from 'vitest'
import { namesOf, pathOf, radiusOf, sizing, widthOf, type Dot } from './siteMap'

const dot = (id: string, rank: number): Dot => ({ id, label: id.repeat(10), text: id, kind: 'inside', radius: 8, rank })

test('more conversations make a larger node, and a score has room', () => {
  expect(radiusOf(1, false)).toBe(5)
  expect(radiusOf(1000, false)).toBe(17)
  expect(radiusOf(1e9, false)).toBe(20)
  expect(radiusOf(1, true)).toBe(12)
  expect(radiusOf(0, false)).toBe(5)
})

test('more bytes make a wider line', () => {
  expect([widthOf(0), widthOf(10_000), widthOf(1e12)]).toEqual([1, 2, 6])
})

test('a line bends where there is one back', () => {
  expect(pathOf({ x: 0, y: 0 }, { x: 100, y: 0 }, false)).toBe('M0 0L50 0L100 0')
  expect(pathOf({ x: 0, y: 0 }, { x: 100, y: 0 }, true)).toBe('M0 0L50 14L100 0')
  expect(pathOf({ x: 100, y: 0 }, { x: 0, y: 0 }, true)).toBe('M100 0L50 -14L0 0')
  expect(pathOf({ x: 5, y: 5 }, { x: 5, y: 5 }, true)).toBe('M5 5L5 5L5 5')
})

test('names are offered by rank, below their nodes', () => {
  const [names, boxes] = namesOf([dot('b', 2), dot('a', 1)], new Map([['a', { x: 10, y: 20 }], ['b', { x: 0, y: 0 }]]), 1)
  expect(names.map((n) => [n.id, n.x, n.y, n.width])).toEqual([['a', 10, 38, 70], ['b', 0, 18, 70]])
  expect(boxes).toHaveLength(2)
})

test('nodes shrink less than the map', () => {
  expect(sizing(1)).toBe(1)
  expect(sizing(0.25) * 0.25).toBeGreaterThan(0.4)
  expect(sizing(4) * 4).toBeLessThan(2)
})
