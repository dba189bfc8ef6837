import { expect, test } from 'vitest'
import { askedOf, bodyOf, changeOf, shownOf } from './asked'
import { exportOf, fieldsShown, formatsOf } from './export'
import { accepted } from './live'
import type { Rec } from '../../records/RecordTable'

const span = { from: Date.parse('2026-11-26T00:00:00Z'), to: Date.parse('2026-11-27T00:00:00Z'), last: '1d' }

test('what is asked goes into the URL and comes back the same', () => {
  const change = changeOf({
    query: 'kind = dns', kinds: ['dns', 'ssl'], pick: { from: span.from + 1000, to: span.from + 2000 }, oldest: true, chart: false, top: 'query', columns: ['ts', 'query'],
  })
  const back = askedOf(change, span)
  expect(back).toMatchObject({ query: 'kind = dns', kinds: ['dns', 'ssl'], pick: { from: span.from + 1000, to: span.from + 2000 }, oldest: true, chart: false, top: 'query', columns: ['ts', 'query'] })
  expect(changeOf({ query: '', kinds: [], pick: undefined, oldest: false, live: false, chart: true, columns: undefined }))
    .toEqual({ q: '', kind: '', pick: undefined, order: undefined, live: undefined, chart: undefined, columns: undefined })
  expect(askedOf(changeOf({ top: undefined }), span)).toMatchObject({ top: undefined, noTop: true })
})

test('what makes no sense in a URL is left out', () => {
  expect(askedOf({ kind: 'dns,<b>,dns', pick: 'x~y', order: 'sideways', columns: ',' }, span)).toMatchObject({ kinds: ['dns'], pick: undefined, oldest: false })
  expect(askedOf({ pick: '2020-01-01T00:00:00Z~2020-01-02T00:00:00Z' }, span).pick).toBeUndefined()
  expect(askedOf({ live: '1' }, { ...span, last: undefined }).live).toBe(false)
})

test('the list is of the part that was selected, other questions are of their own', () => {
  const a = askedOf({ q: 'port = 53', pick: '2026-11-26T01:00:00Z~2026-11-26T02:00:00Z' }, span)
  expect(shownOf(a)).toEqual({ from: span.from + 3_600_000, to: span.from + 7_200_000 })
  expect(bodyOf(a)).toEqual({ query: 'port = 53', from: '2026-11-26T01:00:00.000Z', to: '2026-11-26T02:00:00.000Z', kinds: undefined })
  expect(bodyOf(a, span).to).toBe('2026-11-27T00:00:00.000Z')
})

test('an export has what the page shows', () => {
  const a = askedOf({ q: 'query ~ "a&b"', kind: 'dns,ssl' }, span)
  const url = new URL(exportOf(a, 'csv', ['ts', 'query']).path, 'http://x')
  expect([...url.searchParams]).toEqual([
    ['format', 'csv'], ['from', '2026-11-26T00:00:00.000Z'], ['to', '2026-11-27T00:00:00.000Z'], ['query', 'query ~ "a&b"'], ['kind', 'dns'], ['kind', 'ssl'],
    ['fields', 'ts'], ['fields', 'query'],
  ])
  expect(fieldsShown(['ts', 'from', 'id.orig_h', 'what', 'query'])).toEqual(['ts', 'id.orig_h', 'id.orig_p', 'query'])
  expect(formatsOf(a, ['ts', 'what']).map((f) => f.text)).toHaveLength(2)
})

test('new records go on top once', () => {
  const r = (n: number): Rec => ({ kind: 'dns', time: `2026-11-26T00:00:0${n}Z`, record: { n } })
  const one = accepted([], [r(1)])
  expect(accepted(one, [r(1)])).toBe(one)
  expect(accepted(one, [r(3), r(2), r(1)])).toEqual([r(3), r(2), r(1)])
})
