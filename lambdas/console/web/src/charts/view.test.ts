import { expect, test } from 'vitest'
import { farthest, fitted, legible, nearest, neighbour, panned, showing, zoomed } from './view'

const size = { width: 800, height: 500 }
const places = new Map([['a', { x: 0, y: 0 }], ['b', { x: 100, y: 10 }], ['c', { x: 120, y: 200 }], ['d', { x: -300, y: 0 }]])

test('everything is seen when it fits', () => {
  const v = fitted(places, size)
  for (const p of places.values()) {
    expect(v.x + v.k * p.x).toBeGreaterThan(0)
    expect(v.x + v.k * p.x).toBeLessThan(size.width)
    expect(v.y + v.k * p.y).toBeGreaterThan(0)
    expect(v.y + v.k * p.y).toBeLessThan(size.height)
  }
  expect(fitted(new Map(), size)).toEqual({ x: 400, y: 250, k: 1 })
  expect(fitted(new Map([['a', { x: 5, y: 5 }]]), size).k).toBe(1.25)
})

test('what is under the pointer stays there', () => {
  const v = zoomed({ x: 10, y: 20, k: 1 }, 2, { x: 110, y: 70 })
  expect(v.x + v.k * 100).toBe(110)
  expect(v.y + v.k * 50).toBe(70)
})

test('it is enlarged only so far', () => {
  expect(zoomed({ x: 0, y: 0, k: 3 }, 100, { x: 0, y: 0 }).k).toBe(nearest)
  expect(zoomed({ x: 0, y: 0, k: 1 }, 1e-9, { x: 0, y: 0 }).k).toBe(farthest)
})

test('who is focused is brought into the picture, and nothing moves otherwise', () => {
  const v = { x: 0, y: 0, k: 1 }
  expect(showing(v, { x: 400, y: 200 }, size)).toBe(v)
  expect(showing(v, { x: 1000, y: -10 }, size)).toEqual(panned(v, -240, 50))
})

test('arrows lead to who stands there', () => {
  expect(neighbour(places, 'a', 'ArrowRight')).toBe('b')
  expect(neighbour(places, 'a', 'ArrowDown')).toBe('b') // a little below, and near
  expect(neighbour(places, 'a', 'ArrowLeft')).toBe('d')
  expect(neighbour(places, 'a', 'ArrowUp')).toBeUndefined()
  expect(neighbour(places, 'nobody', 'ArrowUp')).toBeUndefined()
})

test('names that would lie over others, or over a node, are left out', () => {
  const name = (id: string, x: number, y: number) => ({ id, x, y, width: 80, height: 14 })
  const names = [name('a', 0, 0), name('b', 60, 5), name('c', 60, 30), name('d', 100, 0), name('e', 300, 0)]
  expect([...legible(names, [{ x: 330, y: 4, width: 20, height: 20 }])]).toEqual(['a', 'c', 'd'])
})
