import { configure, fireEvent, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import type { IncidentSummary } from '../../api/names'
import { answering, problem, shown } from '../../testing/answers'
import { distinct } from './Card'
import Incidents from './Incidents'

configure({ asyncUtilTimeout: 10_000 }) // machines may be busy
vi.setConfig({ testTimeout: 30_000 })

const incident = (id: string, more: Partial<IncidentSummary> = {}): IncidentSummary => ({
  id, title: `SSRF by 198.51.100.7 on web-${id}`, score: 91, band: 'critical', reason: 'The worst of its detections scores 91.', start: '2026-11-26T10:00:00Z', update: '2026-11-26T11:00:00Z',
  tactics: ['TA0043', 'TA0001'], techniques: ['T1190'], offenders: [{ address: '198.51.100.7', external: true, count: 2 }], victims: [{ device: 'eni-1', address: '10.0.0.1', name: 'web-1', external: false, count: 2 }],
  description: 'It began with a scan.', detections: 2, ...more,
})

test('each is a story: score, who, tactics in order, whether it goes on', async () => {
  answering({ 'GET /v1/incidents': () => ({ items: [incident('1'), incident('2', { end: '2026-11-26T10:20:00Z', title: 'x<img src=x>\u202e' })], complete: true }) })
  const { container } = shown(<Incidents />, { at: '/incidents' })
  const link = await screen.findByRole('link', { name: 'SSRF by 198.51.100.7 on web-1' })
  expect(link.getAttribute('href')).toBe('/incidents/1')
  expect(screen.getAllByText('Critical')).toHaveLength(2)
  expect(screen.getAllByRole('list', { name: /Tactics/ })[0]?.textContent).toBe('ReconnaissanceInitial Access')
  expect(screen.getByText('Goes on, last active', { exact: false })).toBeTruthy()
  expect(screen.getByText('lasted 20 min')).toBeTruthy()
  expect(container.querySelector('img')).toBeNull()
})

test('pages come when they are asked for, and what moved between them is there once', async () => {
  const seen = answering({ 'GET /v1/incidents': (r) => (r.path.includes('cursor=two') ? { items: [incident('1'), incident('3')], complete: true } : { items: [incident('1')], complete: true, next: 'two' }) })
  shown(<Incidents />, { at: '/incidents?sort=-score&band=critical&text=ab' })
  fireEvent.click(await screen.findByRole('button', { name: 'Show more' }))
  await screen.findByRole('link', { name: 'SSRF by 198.51.100.7 on web-3' })
  expect(screen.getAllByRole('article')).toHaveLength(2)
  const asked = new URL(seen[0]?.path ?? '', 'http://x').searchParams
  expect([asked.get('sort'), asked.get('band'), asked.get('text')]).toEqual(['-score', 'critical', null])
})

test('j and k walk through the titles', async () => {
  answering({ 'GET /v1/incidents': () => ({ items: [incident('1'), incident('2')], complete: true }) })
  shown(<Incidents />, { at: '/incidents' })
  const first = await screen.findByRole('link', { name: /on web-1$/ })
  fireEvent.keyDown(window, { key: 'j' })
  expect(document.activeElement).toBe(first)
  fireEvent.keyDown(document.activeElement ?? window, { key: 'j' })
  expect(document.activeElement?.textContent).toContain('web-2')
  fireEvent.keyDown(document.activeElement ?? window, { key: 'k' })
  expect(document.activeElement).toBe(first)
})

test('nothing says why there may be nothing, and a failure that it is tried again', async () => {
  answering({ 'GET /v1/incidents': () => ({ items: [], complete: true }) })
  const { unmount } = shown(<Incidents />, { at: '/incidents?participant=10.0.0.9' })
  expect(await screen.findByText(/No incident of this time matches/)).toBeTruthy()
  unmount()
  answering({ 'GET /v1/incidents': () => problem(500, 'The server failed') })
  shown(<Incidents />, { at: '/incidents' })
  expect(await screen.findByText('It is tried again by itself.')).toBeTruthy()
})

test('an address that was several devices is named once in a line', () => {
  const party = (device: string, address: string) => ({ device, address, external: false, count: 1 })
  expect(distinct([party('vni-1/10.0.0.1', '10.0.0.1'), party('vni-2/10.0.0.1', '10.0.0.1'), party('eni-3', '10.0.0.3')])).toHaveLength(2)
})
