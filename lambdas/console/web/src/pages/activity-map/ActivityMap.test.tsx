import { act, configure, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import type { Schemas } from '../../api/client'
import { answering, problem, shown } from '../../testing/answers'
import ActivityMap from './ActivityMap'

configure({ asyncUtilTimeout: 10_000 }) // places are found between other work, and machines may be busy
vi.setConfig({ testTimeout: 30_000 })

const edge = (from: string, to: string, connections: number) => ({ from, to, connections, bytes_sent: 1000, bytes_received: 2_000_000, services: ['ssh', 'dns'], hot: false })

const map: Schemas['ActivityMap'] = {
  from: '2026-11-25T00:00:00Z', to: '2026-11-26T00:00:00Z', complete: false, why: 'showing 3 of 412 nodes',
  nodes: [
    { id: 'vni-1/10.20.1.66', label: '10.20.1.66', addresses: 1, device: 'vni-1/10.20.1.66', connections: 40 },
    { id: 'vni-1/10.20.2.10', label: 'evil\u202egnp.exe<img src=x>', addresses: 1, device: 'vni-1/10.20.2.10', connections: 30 },
    { id: '203.0.113.7', label: '203.0.113.7', addresses: 1, external: true, connections: 2 },
  ],
  edges: [edge('vni-1/10.20.1.66', 'vni-1/10.20.2.10', 30), edge('203.0.113.7', 'vni-1/10.20.1.66', 2)],
  omitted: { nodes: 409, edges: 12, connections: 3118 },
}

const group = (key: string, count: number, max_score: number) => ({ key, label: key, count, open: count, max_score, latest: '2026-11-26T00:00:00Z', offenders: 1, victims: 1 })
const top = (values: string[][]) => ({ items: values.map((v) => ({ values: v, count: 7 })), complete: true, others: 0, missing: 0, distinct: 1 })

const routes = {
  'GET /v1/activity-map': () => map,
  'POST /v1/detections/groups': (r: { body: unknown }) => ({ items: (r.body as { by: string }).by === 'offender' ? [group('vni-9/10.20.1.66', 3, 72)] : [], complete: true, total: 1 }),
  'POST /v1/records/top': (r: { body: unknown }) => top([[(r.body as { fields: string[] }).fields[0] === 'vni' ? '1061' : '10.20.1.66']]),
  'GET /v1/coverage/summary': () => ({ total: {}, vpcs: [], accounts: [], tags: [], rest: {}, complete: true }),
  'GET /v1/devices': () => ({ items: [], complete: true }),
}

// Asking for a role is slow where there are many elements: nodes are found by their label.
const node = (label: string): Promise<HTMLElement> =>
  waitFor(() => {
    const found = [...document.querySelectorAll<HTMLElement>('[data-node]')].find((e) => e.getAttribute('role') === 'button' && e.getAttribute('aria-label')?.startsWith(label))
    if (!found) throw new Error(`no node is called ${label}`)
    return found
  })

test('without a scope it asks for no map and offers the busiest', async () => {
  const seen = answering(routes)
  shown(<ActivityMap />, { at: '/activity-map' })
  const offer = (await screen.findByText('10.20.1.0/24')).closest('a') as HTMLElement
  expect(offer.getAttribute('href')).toContain('address=10.20.1.0%2F24')
  expect(screen.getByText('VNI 1061').closest('a')).toBeTruthy()
  expect(screen.getByText('No inventory names a VPC.')).toBeTruthy()
  expect(seen.some((r) => r.path.startsWith('/v1/activity-map'))).toBe(false)
})

test('a map says who is who, what is hot, and what is not drawn', async () => {
  const seen = answering(routes)
  const { container } = shown(<ActivityMap />, { at: '/activity-map?address=10.20.0.0/16&exclude=10.20.9.9,nonsense' })
  const hot = await node('10.20.1.66, 40 conversations, in detections: 3 as offender; highest risk 72')
  expect(within(hot).getByText('72')).toBeTruthy()
  expect(screen.getByText('Not everything: showing 3 of 412 nodes')).toBeTruthy()
  expect(screen.getByText('Not drawn: 409 nodes, 12 lines and 3,118 conversations.')).toBeTruthy()
  const asked = new URL(seen.find((r) => r.path.startsWith('/v1/activity-map'))?.path ?? '', 'http://x').searchParams
  expect([asked.get('address'), asked.getAll('exclude'), asked.get('limit'), asked.get('group')]).toEqual(['10.20.0.0/16', ['10.20.9.9'], '50', 'device'])
  expect(container.querySelector('img')).toBeNull()
  expect(container.textContent).not.toContain('\u202e')
})

test('keys lead from node to node, and Enter shows one with whom it spoke', async () => {
  answering(routes)
  shown(<ActivityMap />, { at: '/activity-map?address=10.20.0.0/16' })
  const first = await node('10.20.1.66, 40')
  expect(first.getAttribute('tabindex')).toBe('0') // one stop of the keyboard for the whole map
  expect(document.querySelectorAll('[data-node][tabindex="0"]')).toHaveLength(1)
  act(() => first.focus())
  for (const key of ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']) {
    fireEvent.keyDown(document.activeElement ?? first, { key })
    if (document.activeElement !== first) break
  }
  expect(document.activeElement).not.toBe(first)
  act(() => first.focus())
  fireEvent.keyDown(first, { key: 'Enter' })
  const panel = await screen.findByLabelText('Conversations of this node')
  expect(panel.textContent).toContain('was asked by 203.0.113.7')
  expect(first.getAttribute('aria-pressed')).toBe('true')
  fireEvent.keyDown(first, { key: 'Escape' })
  await waitFor(() => expect(screen.queryByLabelText('Conversations of this node')).toBeNull())
})

test('a node is expanded in place, and one that fails does not take the map away', async () => {
  const seen = answering({
    ...routes,
    'GET /v1/activity-map': (r: { path: string }) => (r.path.includes('device=') ? problem(404, 'no such device') : map),
  })
  shown(<ActivityMap />, { at: '/activity-map?address=10.20.0.0/16&node=vni-1%2F10.20.1.66' })
  fireEvent.click(await screen.findByText('Show its peers'))
  await screen.findByText(/The peers of 10\.20\.1\.66 could not be read/)
  expect(await node('10.20.1.66, 40')).toBeTruthy()
  expect(seen.some((r) => r.path.includes('device=vni-1%2F10.20.1.66'))).toBe(true)
})

test('the list holds the same as the map', async () => {
  answering(routes)
  shown(<ActivityMap />, { at: '/activity-map?address=10.20.0.0/16&view=list' })
  const table = await screen.findByLabelText('Who spoke with whom', { selector: 'table' })
  expect(table.querySelectorAll('tr')).toHaveLength(3)
  expect(table.textContent).toContain('2.0 MB')
  expect(table.textContent).toContain('evil\\u{202e}gnp.exe')
})

test('an empty map says what may help', async () => {
  answering({ ...routes, 'GET /v1/activity-map': () => ({ ...map, complete: true, why: undefined, nodes: [], edges: [], omitted: { nodes: 0, edges: 0, connections: 0 } }) })
  shown(<ActivityMap />, { at: '/activity-map?vni=7' })
  expect(await screen.findByText(/Nobody spoke in Observation point 7 in this time/)).toBeTruthy()
})

test('a step of the time is asked for by itself', async () => {
  const seen = answering(routes)
  shown(<ActivityMap />, { at: '/activity-map?vni=7&from=2026-11-25T00:00:00Z&to=2026-11-26T00:00:00Z&step=2' })
  await node('10.20.1.66, 40')
  const asked = new URL(seen.find((r) => r.path.startsWith('/v1/activity-map'))?.path ?? '', 'http://x').searchParams
  expect([asked.get('from'), asked.get('to')]).toEqual(['2026-11-25T01:00:00.000Z', '2026-11-25T02:00:00.000Z'])
  expect(screen.getByLabelText('Step of the time').getAttribute('aria-valuetext')).toBe('Step 2 of 24: 2026-11-25 01:00:00 to 2026-11-25 02:00:00 UTC')
})
