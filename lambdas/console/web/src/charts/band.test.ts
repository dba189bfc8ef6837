import { describe, expect, test } from 'vitest'
import { layBand, nearest, type Expected } from './band'
import { timeTicks, valueTicks } from './scale'

const hour = 3_600_000
const start = Date.UTC(2026, 10, 26)
const at = (h: number) => start + h * hour
const seen = (...values: (number | undefined)[]) => values.flatMap((value, h) => (value === undefined ? [] : [{ time: at(h), value }]))
const range = (n: number, low = 2, high = 10): Expected[] => Array.from({ length: n }, (_, h) => ({ time: at(h), low, median: 5, high }))
const box = { step: hour, width: 400, height: 100 }

describe('a band chart', () => {
  test('draws a line through its values in the middle of their steps', () => {
    const l = layBand({ ...box, points: seen(0, 10, 5, 10), band: [] })
    expect(l.usual).toBe('M50,100L150,0L250,50L350,0')
    expect(l.outside).toBe('')
    expect(l.left).toBeUndefined()
  })

  test('leaves a gap where nothing was observed, and never draws a zero there', () => {
    const l = layBand({ ...box, points: seen(10, 10, undefined, 10, undefined, 10, 10), band: [], width: 700 })
    expect(l.usual).toBe('M50,0L150,0M550,0L650,0')
    expect(l.lone.map((s) => s.time)).toEqual([at(3)])
  })

  test('turns red from where the range was left, and not before', () => {
    const l = layBand({ ...box, width: 600, points: seen(11, 5, 20, 20, 5, 5), band: range(6), left: at(2) })
    expect(l.slots.map((s) => s.outside)).toEqual([true, false, true, true, false, false])
    expect(l.slots.map((s) => s.red)).toEqual([false, false, true, true, false, false])
    expect(l.left).toEqual({ time: at(2), from: 200, to: 400 })
    expect(l.usual.startsWith('M50,')).toBe(true)
    expect(l.outside.startsWith('M150,')).toBe(true)
  })

  test('what falls below the range has left it as well', () => {
    const l = layBand({ ...box, points: seen(5, 1, 0, 0), band: range(4), left: at(1) })
    expect(l.slots.map((s) => s.red)).toEqual([false, true, true, true])
  })

  test('draws the range in pieces where it has a hole', () => {
    const band = range(6).filter((b) => b.time !== at(3))
    expect(layBand({ ...box, points: [], band }).range).toHaveLength(2)
  })

  test('shows the whole window although values are few', () => {
    const l = layBand({ ...box, points: [{ time: at(5), value: 1 }], band: [], from: at(0), to: at(10) })
    expect([l.from, l.to]).toEqual([at(0), at(10)])
    expect(l.x(at(5))).toBe(200)
  })

  test('is empty without values', () => {
    const l = layBand({ ...box, points: [], band: [] })
    expect(l.slots).toEqual([])
    expect(nearest(l.slots, 3)).toBe(-1)
  })

  test('finds the step below the pointer', () => {
    const l = layBand({ ...box, points: seen(1, 2, 3, 4), band: [] })
    expect([-5, 99, 101, 1000].map((x) => nearest(l.slots, x))).toEqual([0, 0, 1, 3])
  })
})

describe('marks of an axis', () => {
  test('of what is counted are whole numbers', () => {
    expect(valueTicks(3, 'conversations').map((t) => t.text)).toEqual(['0', '1', '2', '3'])
    expect(valueTicks(10, 'devices').map((t) => t.at)).toEqual([0, 5, 10])
  })

  test('of bytes are short, and reach above the highest', () => {
    expect(valueTicks(24_332, 'bytes').map((t) => t.text)).toEqual(['0 B', '10 kB', '20 kB', '30 kB'])
  })

  test('of nothing are still an axis', () => {
    expect(valueTicks(0).map((t) => t.at)).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(valueTicks(NaN, 'bytes').at(-1)?.at).toBe(1)
  })

  test('of time are at full hours and name the day where it changes', () => {
    expect(timeTicks(at(-3) + 1, at(3), 600, 'utc').map((t) => [t.text, t.day])).toEqual([
      ['22:00', '2026-11-25'], ['23:00', undefined], ['00:00', '2026-11-26'], ['01:00', undefined], ['02:00', undefined], ['03:00', undefined],
    ])
  })

  test('of time are few where there is little room', () => {
    expect(timeTicks(at(0), at(24), 200, 'utc').map((t) => t.text)).toEqual(['00:00', '12:00', '00:00'])
  })

  test('of weeks are days', () => {
    const all = timeTicks(at(0), at(24 * 28), 500, 'utc')
    expect(all.length).toBeLessThan(7)
    expect(all.every((t) => t.text === '00:00')).toBe(true)
  })
})
