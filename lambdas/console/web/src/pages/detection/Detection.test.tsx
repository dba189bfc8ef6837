import { act, configure, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { Route } from 'wouter'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Detection, Me } from '../../api/names'
import { leaveTrail } from '../../state/trail'
import { answering, problem, shown, somebody, type Request } from '../../testing/answers'
import DetectionPage from './Detection'

// The page is large, and jsdom is slow on a busy machine.
configure({ asyncUtilTimeout: 10_000 })
vi.setConfig({ testTimeout: 40_000 })

const id = '4f0a1ac1c6e873c8805fe2fc56c7aac7'
const at = `/v1/detections/${id}`
const d: Detection = {
  id, type: 'c2.beacon', title: 'Beaconing\u202e', category: 'c2', description: '10.20.1.31 turned to 198.51.100.80 11 times within 20s.', confidence: 0.82, status: 'open', revision: 3,
  risk: { score: 76, band: 'high', likelihood: 'medium', complexity: 'medium', impact: 'high', terms: [{ name: 'impact', points: 80, reason: 'high for the business' }, { name: 'known_scanner', points: -4 }] },
  start: '2026-11-26T09:16:49Z', update: '2026-11-26T09:17:10Z', end: '2026-11-26T09:17:10Z', tactics: ['TA0011'], techniques: ['T1071.001'], detector_version: 2, vni: 7, sensor: 'vm',
  participants: [{ role: 'offender', address: '198.51.100.80', port: 4443, external: true }, { role: 'victim', address: '10.20.1.31', device: 'vni-7/10.20.1.31', external: false }],
  properties: { contacts: 11, user_agent: '<script>alert(1)</script>' }, evidence: { uids: ['C1'], start: '2026-11-26T09:16:49Z', end: '2026-11-26T09:17:10Z' },
}
const none = { items: [], complete: true }

const routes = (now: () => Detection = () => d) => ({
  [`GET ${at}`]: now,
  [`GET ${at}/activity-map`]: () => ({ from: d.start, to: d.update, complete: true, nodes: [], edges: [], omitted: { nodes: 0, edges: 0, connections: 0 } }),
  [`GET ${at}/comparison`]: () => ({ device: 'vni-7/10.20.1.31', from: d.start, to: d.update, complete: true, metrics: [{ metric: 'bytes_out', unit: 'bytes', step_seconds: 300, points: [], own_past: { state: 'warming_up', why: 'seen on 0 of the 14 days before; 3 are needed', band: [] } }] }),
  [`GET ${at}/records`]: () => ({ ...none, items: [{ kind: 'conn', time: d.start, record: { uid: 'C1', 'id.orig_h': '10.20.1.31', 'id.resp_h': '198.51.100.80' } }] }),
  [`GET ${at}/packets`]: () => problem(404, 'no packet store is set up'),
  [`GET ${at}/history`]: () => none,
  [`GET ${at}/related`]: () => none,
  'GET /v1/catalogue': () => none,
  'GET /v1/devices/vni-7%2F10.20.1.31/metrics': () => ({ items: [{ name: 'bytes_out', title: 'Bytes sent', unit: 'bytes' }], complete: true }),
})

const page = (me: Me = somebody('analyst')) => shown(<Route path="/detections/:id"><DetectionPage /></Route>, { me, at: `/detections/${id}` })
const press = (key: string) => act(() => void fireEvent.keyDown(document.body, { key }))

beforeEach(() => sessionStorage.clear())
afterEach(() => vi.unstubAllGlobals())

test('shows how bad it is, what it is and why, and nothing of the wire is live', async () => {
  answering(routes())
  const { container } = page()
  await screen.findByRole('heading', { name: /Why this was raised/ })
  expect(container.textContent).toContain('76High')
  expect(container.textContent).toContain('Beaconing\\u{202e}')
  expect([...container.querySelectorAll('p b')].map((b) => b.textContent)).toEqual(expect.arrayContaining(['10.20.1.31', '11', '20s']))
  expect(container.querySelector('script')).toBeNull()
  const terms = within(screen.getByRole('table', { name: 'Terms of the risk score' })).getAllByRole('row').map((r) => r.textContent)
  expect(terms.slice(1)).toEqual(['Impacthigh for the business+80', 'Known scanner−4', 'Sum, the score76'])
  await waitFor(() => expect(container.textContent).toContain('Its own past says nothing yet: seen on 0 of the 14 days before'))
})

test('packets that are not kept cannot be taken, and that is said; asking is no reading', async () => {
  const seen = answering(routes())
  page()
  await waitFor(() => expect(screen.getByText('no packet store is set up')).toBeTruthy())
  expect(screen.getByRole('button', { name: /^Packets/ }).getAttribute('aria-disabled') ?? screen.getByRole('button', { name: /^Packets/ }).hasAttribute('disabled')).toBeTruthy()
  expect(seen.filter((r) => r.path.includes('/packets')).every((r) => r.path.endsWith('check=true'))).toBe(true)
})

test('who may not read packets does not ask for them', async () => {
  const seen = answering(routes())
  page(somebody('viewer', ['getDetection']))
  await waitFor(() => expect(screen.getAllByText('You need the right to read packets: an administrator gives it.').length).toBeGreaterThan(0))
  expect(seen.some((r) => r.path.includes('/packets'))).toBe(false)
})

test('a acknowledges on what was seen', async () => {
  let now = d
  const seen = answering({
    ...routes(() => now),
    [`PATCH ${at}`]: () => (now = { ...d, status: 'acknowledged', revision: 4 }),
  })
  page()
  await screen.findByRole('button', { name: /Status: Open/ })
  press('a')
  await screen.findByRole('button', { name: /Status: Acknowledged/ })
  expect(seen.find((r) => r.method === 'PATCH')?.body).toEqual({ status: 'acknowledged', revision: 3 })
})

test('who was slower sees who was faster and what is there, and may insist', async () => {
  const theirs: Detection = { ...d, status: 'closed', resolution: 'false_positive', assignee: 'mona', revision: 7 }
  let stored = d
  const patched: unknown[] = []
  answering({
    ...routes(() => stored),
    [`GET ${at}/history`]: () => ({ ...none, items: [{ id: '1', time: d.update, actor: 'mona', action: 'detection.update', target: id }] }),
    [`PATCH ${at}`]: (r: Request) => {
      patched.push(r.body)
      stored = patched.length === 1 ? theirs : { ...theirs, status: 'acknowledged', resolution: '', revision: 8 }
      return patched.length === 1 ? problem(412, 'somebody else changed it') : stored
    },
  })
  const { container } = page()
  await screen.findByRole('button', { name: /Status: Open/ })
  press('a')
  await waitFor(() => expect(container.textContent).toContain('mona was faster'))
  expect(container.textContent).toContain('It is now closed (false positive), assigned to mona. Your change was not made: acknowledged.')
  fireEvent.click(screen.getByRole('button', { name: 'Make mine all the same' }))
  await screen.findByRole('button', { name: /Status: Acknowledged/ })
  expect(patched[1]).toEqual({ status: 'acknowledged', revision: 7 })
})

test('a detector that went on meanwhile is nobody who was faster', async () => {
  let stored = d
  const patched: unknown[] = []
  answering({
    ...routes(() => stored),
    [`PATCH ${at}`]: (r: Request) => {
      patched.push(r.body)
      stored = patched.length === 1 ? { ...d, revision: 5, update: '2026-11-26T09:18:00Z' } : { ...d, status: 'acknowledged', revision: 6 }
      return patched.length === 1 ? problem(412, 'changed') : stored
    },
  })
  page()
  await screen.findByRole('button', { name: /Status: Open/ })
  press('a')
  await screen.findByRole('button', { name: /Status: Acknowledged/ })
  expect(patched).toHaveLength(2)
  expect(patched[1]).toMatchObject({ revision: 5 })
})

test('c asks what it turned out to be, and closes it with the note', async () => {
  const seen = answering({ ...routes(), [`PATCH ${at}`]: () => ({ ...d, status: 'closed', resolution: 'false_positive', revision: 4 }) })
  page()
  await screen.findByRole('button', { name: /Status: Open/ })
  press('c')
  const dialog = await screen.findByRole('dialog')
  fireEvent.click(within(dialog).getByRole('radio', { name: /^False positive/ }))
  fireEvent.change(within(dialog).getByRole('textbox'), { target: { value: 'A load test.' } })
  fireEvent.click(within(dialog).getByRole('button', { name: 'Close it' }))
  await screen.findByRole('button', { name: /Status: Closed: false positive/ })
  expect(seen.find((r) => r.method === 'PATCH')?.body).toEqual({ status: 'closed', resolution: 'false_positive', note: 'A load test.', revision: 3 })
})

test('a note outlives the page, and is gone once it is added', async () => {
  answering({ ...routes(), [`POST ${at}/notes`]: (r: Request) => ({ ...d, notes: [{ time: d.update, author: 'ada', text: (r.body as { text: string }).text }] }) })
  const one = page()
  fireEvent.change(await screen.findByRole('textbox', { name: /New note/ }), { target: { value: 'Asked the owner.' } })
  one.unmount()
  const { container } = page()
  const box = await screen.findByRole('textbox', { name: /New note/ })
  expect((box as HTMLTextAreaElement).value).toBe('Asked the owner.')
  fireEvent.click(screen.getByRole('button', { name: 'Add the note' }))
  await waitFor(() => expect(container.querySelector('.mw-note')?.textContent).toBe('Asked the owner.'))
  expect((box as HTMLTextAreaElement).value).toBe('')
})

test('what a rule hides says which rule', async () => {
  answering({
    ...routes(() => ({ ...d, hidden_by: 'r1' })),
    'GET /v1/tuning/rules/r1': () => ({ id: 'r1', revision: 1, created: d.start, modified: d.start, active: true, rule: { name: 'Scanner of team red', enabled: true, match: {} } }),
  })
  page()
  expect(await screen.findByText('A tuning rule hides this detection')).toBeTruthy()
  expect(await screen.findByRole('link', { name: 'Scanner of team red' })).toBeTruthy()
})

test('an id that nothing has is said plainly', async () => {
  answering({ [`GET ${at}`]: () => problem(404, 'there is no such detection') })
  page()
  expect(await screen.findByRole('heading', { name: 'There is no such detection' })).toBeTruthy()
})

test('j and k go through the list one came from', async () => {
  leaveTrail('detections', { list: '/detections?band=high', ids: ['before', id, 'next'] })
  const seen = answering(routes())
  page()
  expect((await screen.findByRole('link', { name: 'Back to the list' })).getAttribute('href')).toBe('/detections?band=high')
  press('j')
  await waitFor(() => expect(seen.some((r) => r.path === '/v1/detections/next')).toBe(true))
})

test('a panel that fails says so and leaves the others alone', async () => {
  answering({ ...routes(), [`GET ${at}/related`]: () => problem(500, 'the store is on fire') })
  page()
  expect((await screen.findAllByText('the store is on fire')).length).toBeGreaterThan(0)
  expect(screen.getByRole('heading', { name: /Why this was raised/ })).toBeTruthy()
})
