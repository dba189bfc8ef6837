import { expect, test } from 'vitest'
import { course, gaps, nearestTo, stretches } from './trend'

const at = (...ats: number[]) => ats.map((a) => ({ at: a, value: a }))

test('an hour in which nothing was counted breaks the line', () => {
  const runs = stretches(at(0, 60, 120, 240, 300, 500), 60)
  expect(runs.map((r) => r.map((s) => s.at))).toEqual([[0, 60, 120], [240, 300], [500]])
  expect(gaps(runs)).toEqual([[120, 240], [300, 500]])
})

test('counts that come a little late do not', () => {
  expect(stretches(at(0, 61, 145), 60)).toHaveLength(1)
  expect(stretches([], 60)).toEqual([])
})

test('what is pointed at is the nearest', () => {
  expect(nearestTo(at(0, 60, 120), 95)?.at).toBe(120)
  expect(nearestTo([], 1)).toBeUndefined()
})

test('the course is told in words', () => {
  expect(course([{ at: 0, value: 20 }, { at: 1, value: 10 }, { at: 2, value: 70 }], (n) => `${n} %`)).toBe('from 20 % to 70 %, lowest 10 %')
  expect(course([], String)).toBe('nothing was counted')
})
