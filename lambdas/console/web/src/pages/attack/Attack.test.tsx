import { act, configure, fireEvent, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { answering, shown } from '../../testing/answers'
import Attack from './Attack'

configure({ asyncUtilTimeout: 10_000 }) // machines may be busy
vi.setConfig({ testTimeout: 30_000 })

const type = (title: string, techniques: string[]) => ({
  type: 'x', title, text: '', background: '', mitigation: [], yields: [], category: 'recon', tactics: [], techniques, risk: { likelihood: 'low', complexity: 'low', impact: 'low' }, version: 1, enabled: true, tunables: [],
})
const group = (key: string, count: number, max_score: number) => ({ key, label: key, count, open: 1, max_score, latest: '2026-11-26T00:00:00Z', offenders: 1, victims: 1 })
const routes = {
  'POST /v1/detections/groups': () => ({ items: [group('T1110.001', 8, 93), group('T1046', 2, 38)], complete: true, total: 2 }),
  'GET /v1/catalogue': () => ({ items: [type('SSH brute force', ['T1110.001']), type('Kerberoasting', ['T1558.003'])], complete: true }),
}

test('a cell has its number and its word, and leads to the detections', async () => {
  answering(routes)
  shown(<Attack />, { at: '/attack?last=30d' })
  const cell = await screen.findByRole('link', { name: /^T1110\.001 Brute Force: Password Guessing: 8 detections, 1 open, highest risk 93/ })
  expect(cell.textContent).toContain('93 Critical')
  expect(cell.getAttribute('href')).toBe('/detections?last=30d&technique=T1110.001')
  expect(screen.getByRole('link', { name: /^T1558\.003/ }).textContent).toContain('Quiet')
  expect(screen.getByRole('region', { name: /^Credential Access/ })).toBeTruthy()
})

test('a technique is counted with its sub-techniques, each detection once', async () => {
  const seen = answering({
    ...routes,
    'POST /v1/detections/groups': (r) => ((r.body as { by: string }).by === 'status'
      ? { items: [{ ...group('open', 6, 93), open: 6 }, { ...group('closed', 3, 40), open: 0 }], complete: true, total: 2 }
      : { items: [group('T1110.001', 8, 93), group('T1110', 2, 40)], complete: true, total: 2 }),
  })
  shown(<Attack />, { at: '/attack' })
  const cell = await screen.findByRole('link', { name: /^T1110 Brute Force, with its sub-techniques: 9 detections, 6 open, highest risk 93/ })
  expect(cell.textContent).toContain('9 seen, with sub-techniques')
  expect(seen.map((r) => r.body).filter((b) => (b as { by?: string } | undefined)?.by === 'status')).toMatchObject([{ filter: { techniques: ['T1110'] } }])
})

test('the matrix is one stop of the keyboard, and arrows lead through it', async () => {
  answering(routes)
  shown(<Attack />, { at: '/attack' })
  await screen.findByRole('link', { name: /^T1558/ })
  const stops = document.querySelectorAll<HTMLElement>('.mw-cell[tabindex="0"]')
  expect(stops).toHaveLength(1)
  const stop = stops[0] as HTMLElement
  act(() => stop.focus())
  fireEvent.keyDown(stop, { key: 'ArrowDown' })
  expect(document.activeElement?.textContent).toContain('T1558.003')
  fireEvent.keyDown(document.activeElement ?? stop, { key: 'ArrowRight' })
  expect(document.activeElement?.textContent).toContain('T1046')
})

test('what was seen can be shown alone, also as a table', async () => {
  answering(routes)
  shown(<Attack />, { at: '/attack?show=seen&view=table' })
  expect(await screen.findByText('T1110.001', { exact: false })).toBeTruthy()
  expect(screen.queryByText('T1558.003', { exact: false })).toBeNull()
  expect(screen.getByText('2 techniques looked for, 2 seen in this time.', { exact: false })).toBeTruthy()
})
