import { expect, test } from 'vitest'
import { changed } from '../../state/url'
import { placeOf, placeQuery, within, type Place } from './place'

const through = (p: Partial<Place>, before = '') => changed(new URLSearchParams(before), placeQuery(p))
const read = (q: URLSearchParams) => placeOf(Object.fromEntries(q))

test('a place comes back from its URL', () => {
  const p: Place = {
    filter: { bands: ['critical'], text: 'ldap' },
    brush: { from: 1_700_000_000_000, to: 1_700_000_600_000 },
    sort: '-update',
    group: 'offender',
    open: 'vni-1/10.0.0.1',
    table: true,
    page: 1,
    after: undefined,
  }
  expect(read(through(p))).toEqual(p)
  expect(read(through({ page: 3, after: 'abc' }))).toMatchObject({ page: 3, after: 'abc' })
})

test('what is the default is not in the URL', () => {
  expect(through({ filter: {}, brush: undefined, sort: '-score', group: undefined, table: false, page: 1 }).toString()).toBe('')
})

test('another list begins at its first page, and keeps the rest', () => {
  const before = 'page=3&after=x&band=critical&last=7d&view=table&open=a&group=type'
  expect(through({ filter: { bands: ['low'] } }, before).toString()).toBe('band=low&last=7d&view=table&open=a&group=type')
  expect(through({ group: 'vpc' }, before).toString()).toBe('band=critical&last=7d&view=table&group=vpc')
  expect(through({ table: false }, before).get('page')).toBe('3')
})

test('what makes no sense is the default', () => {
  expect(placeOf({ sel_from: 'x', sel_to: 'y', sort: 'z', group: '__proto__', view: 'w', page: '-1', after: '' })).toEqual(placeOf({ after: '' }))
  expect(placeOf({ page: '7' }).page).toBe(1) // without its cursor there is no way there
})

test('the brush narrows the time', () => {
  const span = { from: 0, to: 86_400_000 }
  expect(within({ filter: {} }, span)).toEqual({ from: '1970-01-01T00:00:00.000Z', to: '1970-01-02T00:00:00.000Z' })
  expect(within({ filter: {}, brush: { from: 3_600_000, to: 7_200_000 } }, span)).toEqual({
    from: '1970-01-01T01:00:00.000Z',
    to: '1970-01-01T02:00:00.000Z',
  })
})
