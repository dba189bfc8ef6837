import { fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Messages, Said } from '../../shell/Messages'
import { answering, shown, somebody, type Request } from '../../testing/answers'
import { Hide } from './Hide'
import { sample } from './samples.testing'
import { useTriage } from './triage'

vi.setConfig({ testTimeout: 30_000 }) // a whole form of Cloudscape in jsdom
const slow = { timeout: 10_000 }
beforeEach(() => sessionStorage.clear())
afterEach(() => vi.unstubAllGlobals())

const many = Array.from({ length: 250 }, (_, i) => sample({ id: `d${i}` }))

function Opened({ close }: { close: (made: boolean) => void }) {
  return <Hide all={[sample()]} triage={useTriage()} close={close} left={() => {}} />
}

const routes = (items = many) => ({
  'GET /v1/catalogue': () => ({ items: [], complete: true }),
  'POST /v1/tuning/preview': () => ({ total: 1, by_type: [], items: [], complete: true }),
  'POST /v1/tuning/rules': (r: Request) => ({ id: 'r1', revision: 1, created: '2026-03-01T00:00:00Z', modified: '2026-03-01T00:00:00Z', active: true, rule: r.body }),
  'POST /v1/detections/search': (r: Request) => ({ items: (r.body as { limit: number }).limit === 1 ? [] : items, complete: true, total: items.length }),
  'POST /v1/detections/bulk': (r: Request) => {
    const { ids } = r.body as { ids: string[] }
    return { complete: true, changed: ids.length, items: ids.map((id) => ({ id, result: 'changed' })) }
  },
})

const open = (close: (made: boolean) => void, as?: ReturnType<typeof somebody>) =>
  shown(
    <Messages>
      <Said />
      <Opened close={close} />
    </Messages>,
    as ? { me: as } : undefined,
  )
const bulks = (asked: Request[]) => asked.filter((r) => r.path.endsWith('/bulk')).map((r) => r.body as { ids: string[]; change: unknown })

test('what is hidden is not closed, where nobody asks for it', async () => {
  const [asked, close] = [answering(routes()), vi.fn()]
  open(close)
  fireEvent.click(await screen.findByRole('button', { name: 'Make the rule' }, slow))
  await waitFor(() => expect(close).toHaveBeenCalledWith(true), slow)
  expect(bulks(asked)).toEqual([])
})

test('all that match are closed with it, where one asks for that, and it can be undone', async () => {
  const [asked, close] = [answering(routes()), vi.fn()]
  open(close)
  fireEvent.click(await screen.findByRole('checkbox', { name: 'Close the matching ones too' }, slow))
  fireEvent.click(screen.getByRole('button', { name: 'Make the rule' }))
  await waitFor(() => expect(close).toHaveBeenCalledWith(true), slow)
  await waitFor(() => expect(bulks(asked)).toHaveLength(2), slow)
  expect(bulks(asked).map((b) => [b.ids.length, b.change])).toEqual([[200, { status: 'closed' }], [50, { status: 'closed' }]])
  const sought = asked.map((r) => r.body as { limit?: number; filter?: unknown }).find((b) => b?.limit === 1000)
  expect(sought?.filter).toMatchObject({ types: ['recon.port_scan'], statuses: ['open', 'acknowledged', 'in_progress'], hidden: 'include' })
  expect(await screen.findByText('250 detections: closed now.')).toBeTruthy()
  fireEvent.click(screen.getByRole('button', { name: 'Undo' }))
  await waitFor(() => expect(bulks(asked)).toHaveLength(4), slow)
  expect(bulks(asked)[3]?.change).toEqual({ status: 'open', resolution: '', assignee: '' })
})

test('who may not triage is told so', async () => {
  answering(routes())
  open(() => {}, somebody('analyst', ['createTuningRule', 'previewTuningRule']))
  const box = await screen.findByRole('checkbox', { name: 'Close the matching ones too' }, slow)
  expect((box as HTMLInputElement).disabled).toBe(true)
  expect(screen.getAllByText(/which may not do this/).length).toBeGreaterThan(0)
})
