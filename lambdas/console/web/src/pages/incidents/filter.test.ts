import { expect, test } from 'vitest'
import { asked, filtered, readFilter, writeFilter } from './filter'

test('a filter survives the URL', () => {
  const f = { text: 'ssrf', participant: '10.20.0.0/16', bands: ['critical', 'high'] as const, sort: '-score' as const }
  expect(readFilter(writeFilter({ ...f, bands: [...f.bands] }))).toEqual(f)
})

test('what is the default is not in the URL, and what makes no sense is left out', () => {
  expect(writeFilter({ text: ' ', participant: '', bands: [], sort: '-start' })).toEqual({ text: undefined, participant: undefined, band: undefined, sort: undefined })
  expect(readFilter({ band: 'critical,worst', sort: 'x' })).toEqual({ text: '', participant: '', bands: ['critical'], sort: '-start' })
})

test('a change of one member leaves the others alone', () => {
  expect(writeFilter({ sort: '-score' })).toEqual({ sort: '-score' })
})

test('two letters are not asked for: the API wants three', () => {
  const f = readFilter({ text: 'ab' })
  expect(asked(f, { from: 0, to: 1000 })).toEqual({ from: '1970-01-01T00:00:00.000Z', to: '1970-01-01T00:00:01.000Z', sort: '-start', limit: 50 })
  expect(filtered(f)).toBe(false)
  expect(filtered(readFilter({ participant: 'web-1' }))).toBe(true)
})
