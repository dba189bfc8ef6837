import { fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { answering, problem, shown, type Request } from '../../testing/answers'
import Records from './Records'

vi.setConfig({ testTimeout: 30_000 }) // a whole page of Cloudscape in jsdom
const slow = { timeout: 10_000 }
beforeEach(() => localStorage.clear())
afterEach(() => vi.unstubAllGlobals())

const record = (n: number) => ({
  kind: 'dns', time: `2026-11-26T11:12:0${n}Z`, record: { ts: 1795691520 + n, uid: `C${n}`, 'id.orig_h': '10.20.2.90', 'id.resp_h': '10.0.0.53', vni: 7, query: `name-${n}.example` },
})
const top = { items: [{ values: ['dns'], count: 3 }, { values: ['conn'], count: 5 }], complete: true, others: 0, missing: 0, distinct: 2 }
const fields = { items: [{ name: 'kind', type: 'text', kinds: [] }, { name: 'query', type: 'text', kinds: ['dns'] }], complete: true }

type Body = { query?: string; kinds?: string[]; cursor?: string; count?: boolean; fields?: string[] }
const body = (r: Request | undefined) => r?.body as Body

function routes(search: (r: Request) => unknown) {
  return answering({
    'GET /v1/records/fields': () => fields, 'POST /v1/records/search': search, 'POST /v1/records/top': () => top,
    'POST /v1/records/histogram': () => ({ complete: true, step_seconds: 1080, buckets: [{ start: '2026-11-26T11:00:00Z', count: 3 }] }),
    'POST /v1/detections/search': () => ({ items: [], complete: true }),
  })
}
const of = (seen: Request[], path: string) => seen.filter((r) => r.path === path)

test('more records come behind those that are there, and nothing is counted for it', async () => {
  const seen = routes((r) => (body(r).cursor ? { items: [record(1)], complete: true } : { items: [record(3), record(2)], complete: true, next: 'c' }))
  shown(<Records />, { at: '/records?kind=dns' })
  await screen.findByText('name-3.example', {}, slow)
  fireEvent.click(screen.getByRole('button', { name: 'Read 100 more' }))
  await screen.findByText('name-1.example', {}, slow)
  expect(screen.getByText('name-3.example')).toBeTruthy()
  expect(of(seen, '/v1/records/search').map((r) => [body(r).cursor, body(r).count])).toEqual([[undefined, false], ['c', false]])
})

test('a kind narrows the list; how many of each kind there are does not change by it', async () => {
  const seen = routes(() => ({ items: [record(1)], complete: true }))
  shown(<Records />, { at: '/records' })
  fireEvent.click(await screen.findByRole('button', { name: /^dns/ }, slow))
  await waitFor(() => expect(body(of(seen, '/v1/records/search').at(-1)).kinds).toEqual(['dns']))
  expect(of(seen, '/v1/records/top').filter((r) => body(r).fields?.[0] === 'kind').every((r) => body(r).kinds === undefined)).toBe(true)
  expect(screen.getByRole('button', { name: /^dns/ }).getAttribute('aria-pressed')).toBe('true')
})

test('a query that makes no sense is asked once, and shown where it is wrong', async () => {
  const seen = routes(() => problem(400, 'query, at byte 7: got "and", want a value', [{ field: 'query', value: '"and"', allowed: 'a value (at byte 7)' }]))
  shown(<Records />, { at: `/records?q=${encodeURIComponent('kind = and')}` })
  await screen.findByText('Here must be: a value.', {}, slow)
  expect(document.querySelector('mark')?.textContent).toBe('and')
  expect(of(seen, '/v1/records/search')).toHaveLength(1)
})

test('a value of a record narrows the query, and a link to its conversation is beside it', async () => {
  const seen = routes(() => ({ items: [record(1)], complete: true }))
  shown(<Records />, { at: '/records?kind=dns&query=port%20%3D%2053' })
  fireEvent.click(await screen.findByRole('button', { name: /Every field of the dns record/ }, slow))
  expect(screen.getByRole('link', { name: 'All records of this conversation' }).getAttribute('href')).toContain('q=uid+%3D+C1')
  fireEvent.click(screen.getByRole('button', { name: 'Only this: query = name-1.example' }))
  await waitFor(() => expect(body(of(seen, '/v1/records/search').at(-1)).query).toBe('port = 53 and query = name-1.example'))
})
