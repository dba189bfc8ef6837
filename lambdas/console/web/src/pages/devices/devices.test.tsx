import { fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import type { Device } from '../../api/names'
import { csv } from '../../export/rows'
import { answering, problem, shown } from '../../testing/answers'
import Devices from './Devices'
import { paramsOf, queryOf, sideOf, tokensOf } from './filter'
import { ordered, orderOf, orderText } from './order'
import { rowsOf } from './rows'

vi.setConfig({ testTimeout: 30_000 }) // a whole page of Cloudscape in jsdom
const slow = { timeout: 10_000 }
afterEach(() => vi.unstubAllGlobals())

const device = (id: string, more: Partial<Device> = {}): Device => ({
  id, address: id.split('/').at(-1) ?? id, external: false, first_seen: '2026-11-26T08:00:00Z', last_seen: '2026-11-26T09:00:00Z', peers: 1, overrides: {}, ...more,
})

test('the filter goes into the URL and comes back', () => {
  const query = { text: 'web', address: '10.0.0.0/8,192.0.2.1', role: 'pc', high: 'yes' }
  const tokens = tokensOf(query).tokens
  expect(tokens.map((t) => [t.propertyKey, t.value])).toEqual([[undefined, 'web'], ['address', '10.0.0.0/8'], ['address', '192.0.2.1'], ['role', 'pc'], ['high', 'yes']])
  expect(queryOf(tokens)).toMatchObject(query)
  expect(queryOf([])).toEqual({ text: undefined, address: undefined, role: undefined, high: undefined, service: undefined, vpc: undefined, account: undefined, vni: undefined })
})

test('whoever seeks an address means it wherever it is', () => {
  expect(sideOf({})).toBe('internal')
  expect(sideOf({ address: '203.0.113.7' })).toBe('all')
  expect(sideOf({ address: '203.0.113.7', side: 'internal' })).toBe('internal')
  expect(paramsOf({ address: '203.0.113.7', vni: '0x5', seen: '1d' }, Date.parse('2026-11-27T00:00:00Z')))
    .toMatchObject({ external: undefined, address: ['203.0.113.7'], vni: undefined, seen_from: '2026-11-26T00:00:00.000Z' })
})

test('devices are sorted as asked, those with the worst detections first', () => {
  const all = [device('a', { peers: 2 }), device('b', { peers: 10 }), device('c')]
  const troubled = new Map([['a', { open: 9, worst: 40 }], ['c', { open: 1, worst: 80 }]])
  expect(ordered(all, orderOf('-detections'), troubled).map((d) => d.id)).toEqual(['c', 'a', 'b'])
  expect(ordered(all, orderOf('-peers'), troubled).map((d) => d.id)).toEqual(['b', 'a', 'c'])
  expect(ordered([device('10.0.0.10'), device('10.0.0.9')], orderOf('name'), troubled).map((d) => d.id)).toEqual(['10.0.0.9', '10.0.0.10'])
  expect([orderText(orderOf(undefined)), orderText(orderOf('-peers')), orderText(orderOf('<b>'))]).toEqual([undefined, '-peers', undefined])
})

test('an export has no formula of anybody', () => {
  const text = csv(...rowsOf([device('a', { hostname: '=HYPERLINK("http://evil")', tags: { app: 'shop' } })], { of: new Map(), whole: true }))
  expect(text.split('\r\n')[1]).toContain(`a,"'=HYPERLINK(""http://evil"")",a,false`)
  expect(text).toContain('app=shop')
})

const groups = (items: unknown[] = []) => ({ items, complete: true, total: items.length })

test('the list shows role, value and detections; hostile names stay text', async () => {
  const seen = answering({
    'GET /v1/devices': () => ({ items: [device('vni-1/10.0.0.1', { hostname: '<img src=x onerror=alert(1)>\u202e', role: 'db_server', high_value: true })], complete: true }),
    'POST /v1/detections/groups': (r) => groups((r.body as { by: string }).by === 'victim' ? [{ key: 'vni-1/10.0.0.1', label: '', count: 3, open: 3, max_score: 84, latest: '', offenders: 1, victims: 1 }] : []),
  })
  const { container } = shown(<Devices />)
  await screen.findByText('Database server', {}, slow)
  expect(container.querySelector('img')).toBeNull()
  expect(screen.getByText('High value').getAttribute('title')).toMatch(/^Its conduct shows it: harm to a database server/)
  expect(screen.getByRole('link', { name: /img src=x/ }).getAttribute('href')).toBe('/devices/vni-1%2F10.0.0.1')
  await waitFor(() => expect(screen.getByText('84')).toBeTruthy())
  expect(new URL(seen[0]?.path ?? '', 'http://x').searchParams.get('external')).toBe('false')
})

test('a filter that the API refuses can be mended: it stays', async () => {
  answering({ 'GET /v1/devices': () => problem(400, 'address "x" is not an address', []), 'POST /v1/detections/groups': () => groups() })
  shown(<Devices />, { at: '/?address=x' })
  await screen.findByText('address "x" is not an address', {}, slow)
  expect(screen.getByRole('button', { name: /Remove/ })).toBeTruthy()
})

test('where nothing matches, the way out is offered', async () => {
  const seen = answering({ 'GET /v1/devices': () => ({ items: [], complete: true }), 'POST /v1/detections/groups': () => groups() })
  shown(<Devices />)
  fireEvent.click(await screen.findByRole('button', { name: 'Look outside too' }, slow))
  await waitFor(() => expect(seen.filter((r) => r.path.startsWith('/v1/devices')).at(-1)?.path).not.toContain('external'))
})
