import { expect, test } from 'vitest'
import type { DetectionFilter } from '../api/names'
import { filterTokens, isEmpty, joined, normalised, rebased, single, split, tokenFilter, wholeOf } from './filter'
import { filterQuery, queryFilter } from './query'
import { randomFilter, seeded } from './random.testing'
import { momentOf, slots } from './slots'

const many = Array.from({ length: 600 }, (_, seed) => randomFilter(seeded(seed)))

test('what is made at random reaches every place', () => {
  for (const s of slots)
    expect(
      many.some((f) => s.get(f).length > 0),
      s.name,
    ).toBe(true)
  expect(many.some((f) => f.not?.some((n) => single(n) === undefined))).toBe(true)
  expect(many.some((f) => f.not?.some((n) => single(n) !== undefined))).toBe(true)
})

test('any filter comes back from its tokens', () => {
  for (const f of many) expect(tokenFilter(filterTokens(f))).toEqual({ filter: f, problems: [] })
})

test('any filter comes back from its URL, through the URL itself', () => {
  const sorted = (f: DetectionFilter) => ({ ...f, ...(f.not ? { not: f.not.map((n) => JSON.stringify(normalised(n))).sort() } : {}) })
  for (const f of many) {
    const params = new URLSearchParams()
    for (const [k, v] of Object.entries(filterQuery(f))) if (v !== undefined && v !== '') params.set(k, v)
    expect(sorted(queryFilter(Object.fromEntries(new URLSearchParams(params.toString()))))).toEqual(sorted(f))
  }
})

test('links are readable', () => {
  const q = filterQuery({
    types: ['recon.port_scan', 'c2.beacon'],
    min_score: 60,
    offender: { addresses: ['10.0.0.0/8'] },
    assignees: [''],
    not: [{ statuses: ['closed'] }],
  })
  expect(Object.fromEntries(Object.entries(q).filter(([, v]) => v !== undefined))).toEqual({
    type: 'recon.port_scan,c2.beacon',
    min_score: '60',
    'offender.address': '10.0.0.0/8',
    assignee: '(nobody)',
    'not.status': 'closed',
  })
})

test('a filter takes the place of the one before it in the URL', () => {
  expect(Object.entries(filterQuery({})).filter(([, v]) => v !== undefined)).toEqual([])
  expect(Object.keys(filterQuery({}))).toEqual(expect.arrayContaining(['type', 'not.type', 'filter', 'offender.tag', 'hidden', 'min_score']))
})

test('what makes no sense in a URL is left out, and breaks nothing', () => {
  expect(
    queryFilter({
      band: 'purple',
      min_score: '5000',
      ongoing: 'maybe',
      'offender.address': 'x',
      'victim.port': '-1',
      text: 'ab',
      type: 'a',
      started_from: 'soon',
      hidden: 'x',
    }),
  ).toEqual({ types: ['a'] })
  for (const filter of [
    '',
    'x',
    '[]',
    'null',
    '1',
    '{"types":[{}]}',
    '{"not":5}',
    '{"not":[null]}',
    '{"offender":7}',
    '{"bands":"critical"}',
    '{"evil":1}',
    '{"vnis":[null]}',
    '{"tags":[[]]}',
  ]) {
    expect(queryFilter({ filter }).types, filter).toBeUndefined()
  }
})

test('values of one place are put together, the last of what can only be one holds', () => {
  const got = tokenFilter([
    { propertyKey: 'offender.address', operator: '=', value: '10.0.0.1' },
    { propertyKey: 'offender.address', operator: '=', value: '10.0.0.2, 10.0.0.1' },
    { propertyKey: 'score', operator: '>=', value: '30' },
    { propertyKey: 'score', operator: '>=', value: '60' },
    { operator: ':', value: 'abc' },
  ])
  expect(got).toEqual({ filter: { offender: { addresses: ['10.0.0.1', '10.0.0.2'] }, min_score: 60, text: 'abc' }, problems: [] })
})

test('what is wrong is said, and what is right is used', () => {
  const got = tokenFilter([
    { propertyKey: 'victim.address', operator: '=', value: 'here' },
    { propertyKey: 'victim.port', operator: '!=', value: '70000' },
    { propertyKey: 'offender.tag', operator: '=', value: 'prod' },
    { operator: ':', value: 'ab' },
    { propertyKey: 'type', operator: '>=', value: 'x' },
    { propertyKey: 'start', operator: '>=', value: 'soon' },
    { propertyKey: 'not', operator: '=', value: '{' },
    { propertyKey: 'type', operator: '=', value: ['c2.beacon'] },
  ])
  expect(got.filter).toEqual({ types: ['c2.beacon'] })
  expect(got.problems).toHaveLength(7)
  expect(got.problems).toContain('"here" is no address and no network: 10.1.2.3 or 10.0.0.0/8')
})

test('no more is left out than the API takes', () => {
  const got = tokenFilter(Array.from({ length: 20 }, (_, i) => ({ propertyKey: 'type', operator: '!=', value: [`t${i}`] })))
  expect(got.filter.not).toHaveLength(16)
  expect(got.problems).toEqual(['At most 16 things may be left out'])
})

test('values with commas', () => {
  expect(split('a, b,c , ,')).toEqual(['a', 'b', 'c'])
  expect(split(joined(['a,b', '\\', ',']))).toEqual(['a,b', '\\', ','])
})

test('what says nothing is nothing', () => {
  expect(isEmpty({ types: [], offender: {}, min_score: 0, hidden: '', not: [] })).toBe(true)
  expect(isEmpty({ not: [{}] })).toBe(false)
  expect(wholeOf('{"types":["a"],"x":1}')).toEqual({ types: ['a'] })
})

test('times as a person writes them', () => {
  expect(
    ['2026-03-01', '2026-03-01 13:00', '2026-03-01 13:00 UTC', '2026-03-01T13:00:05+02:00', '2026-03-01T13:00:05.5Z', '2026-13-01', 'now'].map(
      (t) => {
        const ms = momentOf(t)
        return ms === undefined ? undefined : new Date(ms).toISOString()
      },
    ),
  ).toEqual([
    '2026-03-01T00:00:00.000Z',
    '2026-03-01T13:00:00.000Z',
    '2026-03-01T13:00:00.000Z',
    '2026-03-01T11:00:05.000Z',
    '2026-03-01T13:00:05.500Z',
    undefined,
    undefined,
  ])
})

test('a change of tokens is made in those that there are by now', () => {
  const [a, b, c] = [{ operator: ':', value: 'a' }, { propertyKey: 'status', operator: '=', value: ['open'] }, { propertyKey: 'vni', operator: '=', value: '7' }]
  expect(rebased([a, b], [b], [a, b])).toEqual([b])
  expect(rebased([a], [a, b], [c])).toEqual([c, b]) // what is gone meanwhile stays gone, what came stays
  expect(rebased([a, b], [a], [b, c])).toEqual([c])
  expect(rebased([], [b], [b])).toEqual([b])
})
