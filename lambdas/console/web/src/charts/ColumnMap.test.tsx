import { fireEvent, render, screen, within } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import type { ActivityMap } from '../api/names'
import { ColumnMap } from './ColumnMap'
import { ColumnMapList } from './ColumnMapList'

const map: ActivityMap = {
  from: '2026-11-26T09:00:00Z', to: '2026-11-26T10:00:00Z', complete: true,
  nodes: [
    { id: 'offender:203.0.113.99', label: '203.0.113.99', column: 'offender', addresses: 1, connections: 12, role: 'offender', external: true },
    { id: 'target:10.20.2.22', label: 'old.example\u202e.net', column: 'target', addresses: 1, connections: 12, role: 'victim', device: 'vni-7/10.20.2.22' },
    { id: 'target:10.20.2.23', label: '10.20.2.23', column: 'target', addresses: 1, connections: 1 },
  ],
  edges: [
    { from: 'offender:203.0.113.99', to: 'target:10.20.2.22', connections: 12, bytes_sent: 19_654, bytes_received: 30_776, services: ['ssh'], hot: true },
    { from: 'offender:203.0.113.99', to: 'target:10.20.2.23', connections: 1, bytes_sent: 0, bytes_received: 0, services: [], hot: false },
  ],
  omitted: { nodes: 0, edges: 0, connections: 0 },
}

test('a node says in words what it is, and what is hidden in its name', () => {
  render(<ColumnMap map={map} />)
  expect(screen.getByRole('button', { name: '203.0.113.99, offender, external, 12 conversations' })).toBeTruthy()
  expect(screen.getByRole('button', { name: 'old.example\\u{202e}.net, 10.20.2.22, victim, 12 conversations' })).toBeTruthy()
})

test('a click shows what the node is and where it leads; another closes it', () => {
  render(<ColumnMap map={map} />)
  const node = screen.getByRole('button', { name: /^old/ })
  fireEvent.click(node)
  expect(node.getAttribute('aria-pressed')).toBe('true')
  const card = screen.getByRole('region', { name: /^What old/ })
  expect(within(card).getAllByRole('link').map((a) => a.getAttribute('href'))).toEqual([
    '/devices/vni-7%2F10.20.2.22', '/records?q=addr+%3D+10.20.2.22&from=2026-11-26T09%3A00%3A00.000Z&to=2026-11-26T10%3A00%3A00.000Z',
  ])
  expect(card.textContent).toContain('was reached by 203.0.113.99 by ssh: 12 conversations, 19.7 kB there, 30.8 kB back (part of this detection)')
  fireEvent.click(node)
  expect(screen.queryByRole('region')).toBeNull()
})

test('what is not drawn is counted, and the list has it', () => {
  const list = vi.fn()
  render(<ColumnMap map={{ ...map, omitted: { nodes: 206, edges: 206, connections: 1053 } }} most={1} onList={list} />)
  expect(screen.getByRole('note').textContent).toContain('Not drawn: 1 host under “Reached by the offender”. 206 hosts more with 1,053 conversations')
  fireEvent.click(screen.getByRole('button', { name: 'Show all as a list' }))
  expect(list).toHaveBeenCalled()
})

test('the list says the same, what the detection is about first', () => {
  render(<ColumnMapList map={map} />)
  const rows = screen.getAllByRole('row').map((r) => r.textContent)
  expect(rows[1]).toBe('203.0.113.99offender, externalold.example\\u{202e}.net 10.20.2.22victimssh1219.7 kB30.8 kByes')
  expect(rows).toHaveLength(3)
})
