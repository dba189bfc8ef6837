import createWrapper from '@cloudscape-design/components/test-utils/dom'
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { changedText } from '../../../tuning/applied'
import { answering, shown, type Request } from '../../../testing/answers'
import TuningRules from './TuningRules'

afterEach(() => vi.unstubAllGlobals())

const item = { id: 'r1', revision: 4, created: '2026-03-01T00:00:00Z', modified: '2026-03-02T00:00:00Z', active: true, rule: { name: 'Scanner', enabled: true, created_by: 'mona', match: { types: ['recon.port_scan'] } } }
const over = { ...item, id: 'r2', active: false, rule: { ...item.rule, name: 'Old one', enabled: false, expires: '2026-03-03T00:00:00Z' } }

const routes = {
  'GET /v1/catalogue': () => ({ items: [{ type: 'recon.port_scan', title: 'Port scan', tactics: [], techniques: [] }], complete: true }),
  'GET /v1/tuning/rules': () => ({ items: [item, over], complete: true }),
  'POST /v1/detections/search': (r: Request) => ({ items: [], complete: true, total: (r.body as { filter: { hidden?: string } }).filter.hidden === 'only' ? 12 : 57 }),
}

test('each rule says what it hides, how much now, who made it, and whether it has ended', async () => {
  answering(routes)
  shown(<TuningRules />)
  await screen.findByText('12', {}, { timeout: 5000 })
  const rows = createWrapper().findTable()?.findRows().map((r) => r.getElement().textContent ?? '') ?? []
  expect(rows[0]).toContain('Old one')
  expect(rows[0]).toContain('Ended')
  await waitFor(() => expect(createWrapper().findTable()?.findRows()[1]?.getElement().textContent).toContain('Port scan'))
  expect(rows[1]).toContain('mona')
})

test('what will show again is said before a rule goes', async () => {
  const seen = answering({ ...routes, 'DELETE /v1/tuning/rules/r1': () => ({ hidden: 0, shown: 12, complete: true }) })
  shown(<TuningRules />)
  await screen.findByText('12', {}, { timeout: 5000 })
  const menu = createWrapper().findAllButtonDropdowns()[1]
  menu?.openDropdown()
  const gone = menu?.findItems().find((i) => i.getElement().textContent === 'Delete')?.find('[role="menuitem"]')?.getElement()
  if (gone) fireEvent.click(gone)
  await screen.findByText(/12 detections that it hides show again/)
  fireEvent.click(screen.getByRole('button', { name: 'Delete the rule' }))
  await waitFor(() => expect(seen.find((r) => r.method === 'DELETE')?.headers.get('If-Match')).toBe('"4"'))
}, 20_000)

test('what a change did is said in numbers', () => {
  expect(changedText({ hidden: 1, shown: 12, complete: true })).toBe('1 detection hidden, 12 detections shown again.')
  expect(changedText({ hidden: 0, shown: 0, complete: false, why: 'it took too long' })).toBe('Nothing that is stored changed by it. The rest follows: it took too long.')
})
