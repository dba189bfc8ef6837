import { configure, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { answering, problem, shown } from '../../testing/answers'
import Coverage from './Coverage'
import type { Coverage as Row } from './logic'
import { dropped } from './Sensors'

configure({ asyncUtilTimeout: 10_000 }) // machines may be busy
vi.setConfig({ testTimeout: 30_000 })

const share = (key: string, mirrored: number, wanted: number, states: Record<string, number>) => ({ key, interfaces: wanted, wanted, mirrored, percent: (100 * mirrored) / wanted, states })
const rows: Row[] = [
  { interface: 'eni-1', name: 'web-1', state: 'mirrored', changed: '2026-11-26T00:00:00Z', vni: 9001, vpc: 'vpc-1', account: '1', packets: 12_345, last_seen: '2026-11-26T10:00:00Z', sensor: 's1' },
  { interface: 'eni-2', name: '<b>old</b>\u202e', state: 'error', changed: '2026-11-26T00:00:00Z', vpc: 'vpc-2', account: '1', was: 'pending', reason: 'AWS refused: UnauthorizedOperation', fix: 'allow ec2:CreateTrafficMirrorSession to the role of account 1' },
]
const summary = { total: share('', 1, 2, { mirrored: 1, error: 1 }), vpcs: [share('vpc-1', 1, 1, { mirrored: 1 }), share('vpc-2', 0, 1, { error: 1 })], accounts: [], tags: [], rest: { vpcs: { shares: 2, interfaces: 9 }, accounts: { shares: 0, interfaces: 0 }, tags: { shares: 0, interfaces: 0 } }, complete: true }
const routes = {
  'GET /v1/coverage/summary': () => summary,
  'GET /v1/coverage': (r: { path: string }) => (r.path.includes('cursor=') ? { items: rows.slice(1), complete: true } : { items: rows.slice(0, 1), complete: true, next: 'two' }),
  'GET /v1/coverage/trend': () => ({ items: [{ at: '2026-11-26T10:00:00Z', share: share('', 1, 2, {}) }], step: 'hour', complete: true }),
  'GET /v1/coverage/bindings': () => ({ items: [{ vni: 9001, interface: 'eni-1', name: 'web-1', from: '2026-11-01T00:00:00Z' }], complete: true }),
  'GET /v1/coverage/points': () => ({ items: [{ vni: 9001, sensor: 's1', since: '2026-11-26T00:00:00Z', last_seen: '2026-11-26T09:59:00Z', packets: 1000, bytes: 5_000_000, gaps: 52, truncated: 0, duplicates: 0, faults: ['gaps'] }, { vni: 77, sensor: '<i>s1', since: '2026-11-26T00:00:00Z', last_seen: '2026-11-26T09:59:00Z', packets: 5, bytes: 500, gaps: 0, truncated: 0, duplicates: 0 }], complete: true }),
  'GET /v1/status': () => ({ version: 'v', time: '2026-11-26T10:00:00Z', sensors: [{ sensor: 's1', healthy: false, reason: 'its disk is full', since: '2026-11-26T00:00:00Z', packets: 900, drops: 100, waiting: 3 }] }),
}

test('the whole is a number, the worst share comes first, and every page of interfaces is read', async () => {
  answering(routes)
  const { container } = shown(<Coverage />, { at: '/coverage' })
  await waitFor(() => expect(container.querySelector('.mw-total-number')?.textContent).toBe('50 %'))
  const shares = await screen.findAllByRole('button', { name: /^vpc-/ })
  expect(shares.map((s) => s.textContent)).toEqual([expect.stringContaining('vpc-2'), expect.stringContaining('vpc-1')])
  expect(screen.getByText('2 others with 9 interfaces are not told apart.')).toBeTruthy()
  expect(await screen.findByText('AWS refused: UnauthorizedOperation')).toBeTruthy()
  expect(container.querySelector('table b')).toBeNull()
})

test('a state that is chosen narrows the list', async () => {
  answering(routes)
  shown(<Coverage />, { at: '/coverage' })
  await screen.findByText('AWS refused: UnauthorizedOperation')
  fireEvent.click(screen.getByRole('button', { name: /^Mirrored/ }))
  await waitFor(() => expect(screen.queryByText('AWS refused: UnauthorizedOperation')).toBeNull())
  expect(screen.getByText('(1 of 2)')).toBeTruthy()
})

test('one interface says why, what would change it, and what can be copied', async () => {
  answering(routes)
  shown(<Coverage />, { at: '/coverage?interface=eni-2' })
  const statement = await screen.findByLabelText('Statement for the policy of the role')
  expect(statement.textContent).toContain('"Action": "ec2:CreateTrafficMirrorSession"')
  expect(screen.getByText('mirrorwatch mirror explain eni-2')).toBeTruthy()
  expect(screen.getByText(/before that pending/)).toBeTruthy()
  expect(await screen.findByText('9001')).toBeTruthy()
})

test('a row that is chosen brings what is known of it before the eye', async () => {
  answering(routes)
  shown(<Coverage />, { at: '/coverage' })
  fireEvent.click(await screen.findByText('AWS refused: UnauthorizedOperation'))
  const detail = await screen.findByLabelText('Interface', { selector: '[role="region"]' })
  await waitFor(() => expect(document.activeElement).toBe(detail))
})

test('a sensor that is not well is named on its tab, with why', async () => {
  answering(routes)
  shown(<Coverage />, { at: '/coverage?tab=sensors' })
  expect(await screen.findByRole('tab', { name: 'Sensors (not all well)' })).toBeTruthy()
  const table = await screen.findByRole('table', { name: 'Sensors' })
  expect(table.textContent).toContain('its disk is full')
  expect(table.textContent).toContain('100 (10.00 %)')
})

test('an observation point says what is wrong with it, whose it is, and what helps', async () => {
  const asked = answering(routes)
  shown(<Coverage />, { at: '/coverage?tab=points' })
  const table = await screen.findByRole('grid', { name: 'Observation points' })
  const row = (await within(table).findByText('9001')).closest('tr') as HTMLElement
  await waitFor(() => expect(row.textContent).toContain('web-1'))
  expect(row.textContent).toContain('Packets are missing')
  expect(row.textContent).toContain('5.20 % missing')
  expect(screen.getByText(/^Holes in TCP streams/)).toBeTruthy()
  const nobody = within(table).getByText('77').closest('tr') as HTMLElement
  expect(nobody.textContent).toContain('Nobody’s')
  expect(nobody.querySelector('i')).toBeNull()
  const points = () => asked.filter((r) => r.path.startsWith('/v1/coverage/points')).length
  const before = points()
  fireEvent.click(screen.getByRole('button', { name: /^Refresh/ }))
  await waitFor(() => expect(points()).toBe(before + 1))
})

test('where no plan is kept, what happens next is told from the states, and how a plan is made', async () => {
  answering({ ...routes, 'GET /v1/mirror/plan': () => problem(404, 'There is no plan') })
  shown(<Coverage />, { at: '/coverage?tab=plan' })
  const next = await screen.findByText(/it tries again in each pass/)
  expect(within(next.closest('li') as HTMLElement).getByText('1 interface')).toBeTruthy()
  expect(screen.getByText('mirrorwatch mirror plan --keep')).toBeTruthy()
})

test('a part that fails leaves the others', async () => {
  answering({ ...routes, 'GET /v1/coverage/trend': () => problem(503, 'The store is busy') })
  const { container } = shown(<Coverage />, { at: '/coverage' })
  expect(await screen.findByText('The store is busy')).toBeTruthy()
  expect(container.querySelector('.mw-total-number')?.textContent).toBe('50 %')
})

test('drops are told as a share', () => {
  expect([dropped({ packets: 5, drops: 0 }), dropped({ packets: 1e9, drops: 1 })]).toEqual(['None', '1 (under 0.01 %)'])
})
