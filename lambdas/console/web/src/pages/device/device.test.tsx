import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { Route } from 'wouter'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Device as TheDevice } from '../../api/names'
import { answering, problem, shown, somebody } from '../../testing/answers'
import { Coverage } from './Coverage'
import { chosen } from './data'
import Device from './Device'
import { Edit } from './Edit'
import { Peers } from './Peers'
import { sparkOf } from './spark'

vi.setConfig({ testTimeout: 30_000 }) // a whole page of Cloudscape in jsdom
beforeEach(() => sessionStorage.clear())
afterEach(() => vi.unstubAllGlobals())

const id = 'vni-1009/10.20.1.77'
const device: TheDevice = {
  id, address: '10.20.1.77', external: false, vni: 1009, first_seen: '2026-11-26T08:35:49Z', last_seen: '2026-11-26T08:35:50Z', peers: 254, role: 'scanner',
  roles: [{ role: 'scanner', evidence: 'had to do with 254 hosts, of which 248 did not answer', since: '2026-11-26T08:35:50Z' }],
  names: [{ text: '<b>evil</b>\u202etxt', source: 'dhcp' }], software: [{ kind: 'ja4', text: 't13d', count: 3, first_seen: '2026-11-26T08:35:49Z', last_seen: '2026-11-26T08:35:50Z' }],
  offers: [{ proto: 'tcp', port: 22, name: 'ssh', count: 5, peers: 2 }], overrides: {}, revision: 4,
}

const path = `/v1/devices/${encodeURIComponent(id)}`
const slow = { timeout: 10_000 }
const none = { items: [], complete: true }

function routes(more: Record<string, (r: { method: string; body: unknown; headers: Headers }) => unknown> = {}) {
  return answering({
    [`GET ${path}`]: () => device, [`GET ${path}/detections`]: () => ({ ...none, total: 0 }), [`GET ${path}/metrics`]: () => none, [`GET ${path}/peers`]: () => ({ ...none, total: 0 }),
    'GET /v1/coverage/bindings': () => none, 'GET /v1/devices': () => ({ items: [device], complete: true }), 'POST /v1/records/search': () => none, ...more,
  })
}

const page = (at = `/devices/${encodeURIComponent(id)}`, me = somebody()) => shown(<Route path="/devices/:id"><Device /></Route>, { at, me })

test('the page says who it is and how that is known; a slash in the id is no path', async () => {
  routes()
  const { container } = page()
  await screen.findByText('Scanner', {}, slow)
  expect(container.textContent).toContain('Shown by its conduct. It had to do with 254 hosts, of which 248 did not answer.')
  expect(container.querySelector('section[aria-label="Names"] b')).toBeNull()
  expect(container.textContent).toContain('<b>evil</b>\\u{202e}txt by DHCP')
  expect(screen.getByRole('link', { name: 'tcp/22' }).getAttribute('href')).toContain('id.resp_p+%3D+22')
})

test('high value is marked with the revision that it rests on', async () => {
  const seen = routes({ [`PATCH ${path}`]: () => ({ ...device, overrides: { high_value: true }, revision: 5 }) })
  page()
  fireEvent.click(await screen.findByRole('checkbox', { name: /No/ }, slow))
  await waitFor(() => expect(seen.some((r) => r.method === 'PATCH')).toBe(true))
  const patch = seen.find((r) => r.method === 'PATCH')
  expect(patch?.headers.get('If-Match')).toBe('"4"')
  expect(patch?.body).toEqual({ high_value: true })
})

test('who may not change anything is told why', async () => {
  routes()
  page(undefined, somebody('viewer', ['getDevice']))
  await screen.findByText('Scanner', {}, slow)
  expect(screen.getByRole('button', { name: 'Edit' }).getAttribute('aria-disabled') ?? screen.getByRole('button', { name: 'Edit' }).getAttribute('disabled')).not.toBeNull()
  expect(screen.getAllByText('Your role is viewer, which may not do this.').length).toBeGreaterThan(0)
})

test('whoever was slower sees what is there now, keeps what was typed, and may save it over', async () => {
  let at = 4
  const theirs = { ...device, overrides: { role: 'pc', name: 'theirs' }, revision: 7 }
  const seen = routes({
    [`PATCH ${path}`]: (r) => (r.headers.get('If-Match') === '"7"' ? { ...theirs, revision: 8 } : ((at = 7), problem(412, 'It was changed meanwhile'))),
    [`GET ${path}`]: () => (at === 7 ? theirs : device),
  })
  shown(<Edit d={device} close={() => {}} />)
  const dialog = screen.getByRole('dialog')
  fireEvent.change(within(dialog).getByLabelText('Name'), { target: { value: 'mine' } })
  fireEvent.click(within(dialog).getByRole('button', { name: 'Save' }))
  await within(dialog).findByText(/Somebody changed this device/)
  expect(dialog.textContent).toContain('name theirs, role pc')
  expect((within(dialog).getByLabelText('Name') as HTMLInputElement).value).toBe('mine')
  fireEvent.click(within(dialog).getByRole('button', { name: 'Save mine over it' }))
  await waitFor(() => expect(seen.filter((r) => r.method === 'PATCH').at(-1)?.headers.get('If-Match')).toBe('"7"'))
  expect(seen.filter((r) => r.method === 'PATCH').at(-1)?.body).toMatchObject({ name: 'mine' })
})

test('an address that several have asks which; the VNI may tell', async () => {
  const other = { ...device, id: 'vni-7/10.20.1.77', vni: 7 }
  routes({ 'GET /v1/devices/10.20.1.77': () => problem(404, 'nothing has this id'), 'GET /v1/devices': () => ({ items: [device, other], complete: true }) })
  page('/devices/10.20.1.77')
  await screen.findByText('2 devices with this address', {}, slow)
  expect(chosen([device, other], '7')?.id).toBe('vni-7/10.20.1.77')
  expect(chosen([device, other], '8')).toBeUndefined()
  expect(chosen([device], undefined)?.id).toBe(id)
})

test('an id that nobody has leads on', async () => {
  answering({ 'GET /v1/devices/203.0.113.99': () => problem(404, 'nothing has this id'), 'GET /v1/devices': () => ({ items: [], complete: true }) })
  page('/devices/203.0.113.99')
  await screen.findByText(/No device has the id or the address/, {}, slow)
  expect(screen.getByRole('link', { name: 'Look for it among all devices' }).getAttribute('href')).toBe('/devices?text=203.0.113.99')
})

test('where no records are kept, the peers that the device remembers are shown', async () => {
  const peer = { device: '203.0.113.9', address: '203.0.113.9', external: true, as: 'server', proto: 'tcp', port: 443, count: 2, bytes_out: 1, bytes_in: 2, first_seen: '2026-11-26T08:35:49Z', last_seen: '2026-11-26T08:35:49Z' }
  routes({ [`GET ${path}/peers`]: () => problem(404, 'Records are not kept here') })
  shown(<Peers d={{ ...device, top_peers: [peer] }} span={{ from: 0, to: 1 }} />)
  expect(await screen.findByText(/records are not kept here/)).toBeTruthy()
  expect(screen.getByRole('link', { name: '203.0.113.9' })).toBeTruthy()
})

test('what is heard of a device without an interface is its network identifier', async () => {
  routes({ 'GET /v1/coverage': () => ({ items: [{ interface: 'vni-1009', state: 'silent', vni: 1009, changed: '2026-11-26T08:35:49Z', reason: 'No packet came.', fix: 'Look.' }], complete: true }) })
  const { container } = shown(<Coverage d={device} />)
  expect(await screen.findByText('Mirrored, and nothing comes', {}, slow)).toBeTruthy()
  expect(container.textContent).toContain('No packet came.')
})

test('a metric in little has gaps where nothing was observed', () => {
  const t = (m: number) => new Date(Date.parse('2026-11-26T00:00:00Z') + m * 60_000).toISOString()
  const span = { from: Date.parse(t(0)), to: Date.parse(t(100)) }
  const got = sparkOf({ step_seconds: 60, points: [{ time: t(0), value: 0 }, { time: t(1), value: 10 }, { time: t(50), value: 5 }] }, [{ time: t(0), low: 0, median: 1, high: 20 }, { time: t(1), low: 0, median: 1, high: 20 }], span, { width: 100, height: 24 })
  expect(got.line).toBe('M0 22L1 12')
  expect(got.dots).toEqual([{ x: 50, y: 17 }])
  expect(got.band).toBe('M0 2L1 2L1 22L0 22Z')
})
