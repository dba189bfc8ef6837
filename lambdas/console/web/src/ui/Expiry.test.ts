import { expect, test } from 'vitest'
import { moment, parts } from './Expiry'

test('a moment is written and read in the same zone', () => {
  expect(parts('2026-12-24T18:30:00Z', 'utc')).toEqual({ date: '2026-12-24', time: '18:30' })
  expect(moment('2026-12-24', '18:30', 'utc')).toBe('2026-12-24T18:30:00.000Z')
  const { date, time } = parts('2026-12-24T18:30:00Z', 'local')
  expect(moment(date, time, 'local')).toBe('2026-12-24T18:30:00.000Z')
})

test('half a time is midnight, and no day is no moment', () => {
  expect(moment('2026-12-24', '18', 'utc')).toBe('2026-12-24T00:00:00.000Z')
  expect(moment('', '18:30', 'utc')).toBeUndefined()
  expect(parts(undefined, 'utc')).toEqual({ date: '', time: '' })
})
