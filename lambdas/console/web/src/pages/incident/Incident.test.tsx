import { configure, fireEvent, screen, within } from '@testing-library/react'
import { Route } from 'wouter'
import { expect, test, vi } from 'vitest'
import type { Incident as Told } from '../../api/names'
import { answering, problem, shown } from '../../testing/answers'
import Incident from './Incident'

configure({ asyncUtilTimeout: 10_000 }) // machines may be busy
vi.setConfig({ testTimeout: 30_000 })

const member = (id: string, title: string, score: number) => ({ id, type: 'recon.port_scan', title, category: 'recon', start: '2026-11-26T10:00:00Z', update: '2026-11-26T10:05:00Z', score })

const told: Told = {
  id: 'new-1', title: 'SSRF by 198.51.100.7 on web-1', score: 99, band: 'critical', reason: 'The worst scores 91; 8 more for 2 further steps.', start: '2026-11-26T10:00:00Z', update: '2026-11-26T11:00:00Z', end: '2026-11-26T11:00:00Z',
  tactics: ['TA0043', 'TA0040'], techniques: ['T1190', 'T9999'], description: 'It began with a scan.', left: 3, aliases: ['old-1'],
  offenders: [{ address: '198.51.100.7', external: true, count: 2 }],
  victims: [{ device: 'vni-1/10.0.0.1', address: '10.0.0.1', external: false, count: 1 }, { device: 'vni-2/10.0.0.1', address: '10.0.0.1', external: false, count: 1 }],
  members: [member('a', 'Port scan', 20), member('b', 'SSRF', 91)],
  links: [{ from: 'a', to: 'b', kind: 'chain', reason: '10.0.0.1 was hit and then attacked' }],
  timeline: [
    { time: '2026-11-26T10:00:00Z', kind: 'detection', ref: 'a', text: 'Port scan: <b>198.51.100.7</b> tried 200 ports', tactic: 'TA0043', technique: 'T1046' },
    { time: '2026-11-26T10:12:00Z', kind: 'call', ref: 'event-1', text: 'role web called CreateAccessKey', technique: 'T1098.001' },
  ],
}

const at = (id: string, answer: () => unknown) => {
  answering({ [`GET /v1/incidents/${id}`]: answer })
  return shown(<Route path="/incidents/:id"><Incident /></Route>, { at: `/incidents/${id}` })
}

test('it tells the story, in order, with what each step is', async () => {
  const { container } = at('new-1', () => told)
  expect(await screen.findByText('It began with a scan.')).toBeTruthy()
  expect(screen.getByText('The worst scores 91; 8 more for 2 further steps.')).toBeTruthy()
  expect(container.querySelector('b b, .mw-timeline b')).toBeNull()
  const call = screen.getByText('role web called CreateAccessKey').closest('li')
  expect(call?.textContent).toContain('AWS call')
  expect(call?.textContent).toContain('12 min later')
  expect(call?.textContent).toContain('T1098.001 Account Manipulation: Additional Cloud Credentials')
  expect(screen.getByText('3 more detections of lower risk are part of it and not listed.')).toBeTruthy()
  expect(screen.getByRole('link', { name: 'T9999' })).toBeTruthy()
  expect(screen.getByText('5 detections').getAttribute('href')).toBe('/detections?id=a%2Cb&from=2026-11-26T09%3A59%3A00.000Z&to=2026-11-26T11%3A01%3A00.000Z&hidden=include')
})

test('each link says why, and devices with one address are told apart', async () => {
  at('new-1', () => told)
  const why = (await screen.findByText('10.0.0.1 was hit and then attacked')).closest('li')
  expect(why?.textContent).toContain('Whom it hit, attacks')
  expect(within(why as HTMLElement).getByRole('link', { name: 'SSRF' }).getAttribute('href')).toBe('/detections/b')
  const victims = screen.getByRole('region', { name: 'Victims' })
  expect(victims.textContent).toContain('vni-1/10.0.0.1')
  expect(victims.textContent).toContain('vni-2/10.0.0.1')
})

test('one that was merged says so, and names what became part of it', async () => {
  at('old-1', () => told)
  expect(await screen.findByText('The incident that was asked for has become part of this one.')).toBeTruthy()
  expect(screen.getByText('1 earlier incident')).toBeTruthy()
})

test('one that is gone says what may have happened', async () => {
  at('gone', () => problem(404, 'there is no incident gone'))
  expect(await screen.findByText('There is no such incident')).toBeTruthy()
})

test('a long timeline is shown in part first', async () => {
  const entry = (n: number) => ({ time: '2026-11-26T10:00:00Z', kind: 'call' as const, ref: `e${n}`, text: `call number ${n}` })
  at('new-1', () => ({ ...told, timeline: Array.from({ length: 60 }, (_, n) => entry(n)) }))
  await screen.findByText('call number 39')
  expect(screen.queryByText('call number 40')).toBeNull()
  fireEvent.click(screen.getByRole('button', { name: 'Show the other 20' }))
  expect(screen.getByText('call number 59')).toBeTruthy()
})
