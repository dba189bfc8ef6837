import { expect, test } from 'vitest'
import { evenTop, timeTicks } from './ticks'

const utc = () => 0
const at = (s: string) => Date.parse(s)

test('ticks stand at round times, and the day is written where it is news', () => {
  const got = timeTicks(at('2026-11-25T13:10:00Z'), at('2026-11-26T13:10:00Z'), 8, utc)
  expect(got.map((t) => (t.day ? `${t.label} ${t.day}` : t.label))).toEqual(['15:00 11-25', '18:00', '21:00', '00:00 11-26', '03:00', '06:00', '09:00', '12:00'])
})

test('ticks of days are days, and the year is written where it is news', () => {
  const got = timeTicks(at('2026-12-29T00:00:00Z'), at('2027-01-03T00:00:00Z'), 8, utc)
  expect(got.map((t) => t.label)).toEqual(['2026-12-29', '12-30', '12-31', '2027-01-01', '01-02', '01-03'])
})

test('weeks begin on a Monday', () => {
  const got = timeTicks(at('2026-10-28T13:00:00Z'), at('2026-11-26T13:00:00Z'), 8, utc)
  expect(new Set(got.map((t) => new Date(t.at).getUTCDay()))).toEqual(new Set([1]))
})

test('seconds are written where they matter', () => {
  expect(timeTicks(at('2026-11-26T13:00:00Z'), at('2026-11-26T13:00:20Z'), 4, utc).map((t) => t.label)).toEqual(['13:00:00', '13:00:05', '13:00:10', '13:00:15', '13:00:20'])
})

test('ticks are round on the wall clock, on both sides of a change of the clocks', () => {
  const change = at('2026-10-25T01:00:00Z') // in Berlin, 03:00 becomes 02:00
  const berlin = (ms: number) => (ms < change ? 2 : 1) * 3_600_000
  const got = timeTicks(at('2026-10-24T18:00:00Z'), at('2026-10-25T12:00:00Z'), 8, berlin)
  expect(got.map((t) => `${new Date(t.at).toISOString().slice(8, 13)} ${t.label}`)).toEqual([
    '24T19 21:00', '24T22 00:00', '25T02 03:00', '25T05 06:00', '25T08 09:00', '25T11 12:00',
  ])
})

test('nothing to show has no ticks, and centuries have few', () => {
  expect(timeTicks(5, 5, 8, utc)).toEqual([])
  expect(timeTicks(NaN, NaN, 8, utc)).toEqual([])
  expect(timeTicks(0, at('2400-01-01T00:00:00Z'), 8, utc).length).toBeLessThan(12)
})

test('the top of the axis is even, and holds what is shown', () => {
  expect([0, 1, 2, 3, 5, 7, 9, 11, 41, 99, 101, 950, 1001].map(evenTop)).toEqual([2, 2, 2, 4, 6, 8, 10, 20, 60, 100, 200, 1000, 2000])
  for (let n = 1; n < 5000; n += 7) {
    expect(evenTop(n)).toBeGreaterThanOrEqual(n)
    expect(evenTop(n) % 2).toBe(0)
  }
})
