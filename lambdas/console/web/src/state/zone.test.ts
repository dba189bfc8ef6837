import { expect, test, vi } from 'vitest'
import { lasting, written, zoneLabel } from './zone'

test('times are written so that they sort, in UTC', () => {
  const ms = Date.parse('2026-11-26T03:05:09.007Z')
  expect([written(ms, 'utc'), written(ms, 'utc', true), written(NaN, 'utc')]).toEqual(['2026-11-26 03:05:09', '2026-11-26 03:05:09.007', ''])
})

test('the zone of the browser is what it is at that time', () => {
  const summer = Date.parse('2026-07-01T00:00:00Z')
  const offset = vi.spyOn(Date.prototype, 'getTimezoneOffset').mockImplementation(function (this: Date) { return this.getTime() < summer ? -60 : -120 })
  expect([written(Date.parse('2026-01-01T00:00:00Z'), 'local'), written(summer, 'local')]).toEqual(['2026-01-01 01:00:00', '2026-07-01 02:00:00'])
  offset.mockRestore()
  expect([zoneLabel('utc', summer), zoneLabel('local', summer).slice(0, 3)]).toEqual(['UTC', 'GMT'])
})

test.each([[-5, 'less than a second'], [999, 'less than a second'], [1000, '1 s'], [45_000, '45 s'], [720_000, '12 min'], [11_520_000, '3 h 12 min'], [10_800_000, '3 h'], [93 * 3_600_000, '3 d 21 h']])('%d ms last %s', (ms, says) => {
  expect(lasting(ms)).toBe(says)
})
