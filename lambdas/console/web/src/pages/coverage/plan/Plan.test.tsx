import { configure, fireEvent, screen, waitFor, within } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, test, vi } from 'vitest'
import { Messages, Said } from '../../../shell/Messages'
import { useView } from '../../../state/url'
import { answering, problem, shown, somebody } from '../../../testing/answers'
import { useSummary } from '../ask'
import { Plan } from './Plan'
import type { MirrorPlan, Step } from './words'

configure({ asyncUtilTimeout: 10_000 }) // machines may be busy
vi.setConfig({ testTimeout: 30_000 })

const step = (more: Partial<Step>): Step => ({ does: 'create', action: 'create_session', account: '111122223333', region: 'eu-central-1', reason: 'wanted by a tag', monthly_usd: 10.95, ...more })
const sweep: MirrorPlan = {
  at: '2026-11-26T16:00:00Z', kind: 'sweep', holder: 'function/1', seconds: 6.4,
  places: [{ account: '111122223333', region: 'eu-central-1' }, { account: '444455556666', region: 'eu-west-1', failures: ['DescribeVpcs: UnauthorizedOperation'], failures_rest: 2 }],
  steps: [
    step({ interface: 'eni-1', name: '<b>web</b>\u202e', outcome: 'failed', error: 'not authorized' }),
    step({ does: 'modify', action: 'modify_rule', object: 'tmfr-1', name: 'default', monthly_usd: 0, outcome: 'done', changes: [{ field: 'action', from: 'reject', to: 'accept' }], changes_rest: 3 }),
    step({ interface: 'eni-9', name: 'unlisted', outcome: 'done', object: 'tms-9' }),
  ],
  held: [{ step: step({ does: 'delete', action: 'delete_session', interface: 'eni-2', name: 'db' }), rail: 'deletes: 26 of at most 25 a pass in a/b' }],
  left_out: [{ interface: 'eni-3', account: '111122223333', region: 'eu-central-1', name: 'batch', priority: 100, reason: 'the budget has no room' }],
  rogues: [{ account: '111122223333', region: 'eu-central-1', object: 'tms-x', reason: 'sends packets to account 999900001111' }],
  warnings: ['nothing is removed in 444455556666/eu-west-1'],
  estimate: { sessions: 19, sessions_after: 22, monthly_usd: 208.05, monthly_usd_after: 240.9 },
  counts: {
    steps: [{ does: 'create', action: 'create_session', outcome: 'done', count: 1 }, { does: 'create', action: 'create_session', outcome: 'failed', count: 1 }, { does: 'modify', action: 'modify_rule', outcome: 'done', count: 1 }],
    held: [{ does: 'delete', action: 'delete_session', rail: 'deletes', count: 1 }],
  },
  rest: { places: 0, steps: 0, held: 4, left_out: 0, rogues: 0, warnings: 0 },
}
const look: MirrorPlan = { ...sweep, at: '2026-11-26T16:09:00Z', kind: 'look', asked_by: 'ada', steps: [], held: [], rogues: [], warnings: [], left_out: [], places: [], counts: { steps: [], held: [] } }
const states = { key: '', interfaces: 2, wanted: 2, mirrored: 1, percent: 50, states: { mirrored: 1, error: 1 } }
const summary = { total: states, vpcs: [], accounts: [], tags: [], rest: { vpcs: { shares: 0, interfaces: 0 }, accounts: { shares: 0, interfaces: 0 }, tags: { shares: 0, interfaces: 0 } }, complete: true }

const chosen = vi.fn()

function Shown(): ReactNode {
  const [query, change] = useView()
  return <Messages><Said /><Plan of={useSummary()} query={query} change={change} known={new Set(['eni-1', 'eni-2', 'eni-3'])} choose={chosen} /></Messages>
}

const routes = { 'GET /v1/mirror/plan': () => sweep as unknown, 'GET /v1/coverage/summary': () => summary, 'POST /v1/mirror/plan': () => Response.json({ at: '2026-11-26T16:08:59Z', by: 'ada' }, { status: 202 }) as unknown }

test('the plan is a sentence, what it costs, who made it, and every step with its outcome', async () => {
  answering(routes)
  const { container } = shown(<Shown />)
  expect(await screen.findByText('2 to create, 1 to modify, 0 to delete: 2 done, 1 failed, 0 left for the next pass.')).toBeTruthy()
  expect(screen.getByText('1 step is held back: they are more deletions than one pass may make.')).toBeTruthy()
  expect(container.textContent).toContain('208.05 USD, then 240.90 USD (+32.85 USD)')
  expect(container.textContent).toContain('6.4 s long, by function/1')
  const table = screen.getByRole('grid', { name: 'Steps' })
  const rows = within(table).getAllByRole('row').slice(1)
  expect(rows[0]?.textContent).toContain('not authorized')
  expect(rows[1]?.textContent).toMatch(/Modify rule.*default.*tmfr-1.*Done.*action: reject.*accept.*and 3 more/)
  expect(container.querySelector('td b')).toBeNull()
  expect(rows[0]?.textContent).toContain('<b>web</b>\\u{202e}')
})

test('what stands beside the steps is told: theft, places, warnings, what is held and left out, and how much of it', async () => {
  answering(routes)
  shown(<Shown />)
  expect((await screen.findByRole('region', { name: 'Sessions of others that look like theft' })).textContent).toContain('sends packets to account 999900001111')
  expect(screen.getByRole('region', { name: 'Not seen whole' }).textContent).toContain('444455556666 eu-west-1 was not seen whole: DescribeVpcs: UnauthorizedOperation and 2 more')
  expect(screen.getByRole('region', { name: 'Warnings' }).textContent).toContain('nothing is removed')
  const held = screen.getByRole('region', { name: 'Held back' })
  expect(held.textContent).toMatch(/Held back \(5\).*deletes: 26 of at most 25.*4 more are counted/)
  expect(screen.getByRole('region', { name: 'Left out' }).textContent).toContain('the budget has no room')
  fireEvent.click(within(held).getByRole('button', { name: 'eni-2' }))
  expect(chosen).toHaveBeenCalledWith('eni-2')
  expect(screen.queryByRole('button', { name: 'eni-9' })).toBeNull() // the list has no such interface
})

test('steps are narrowed by the address', async () => {
  answering(routes)
  shown(<Shown />, { at: '/coverage?outcome=done&action=modify_rule' })
  const table = await screen.findByRole('grid', { name: 'Steps' })
  expect(within(table).getAllByRole('row')).toHaveLength(2)
  expect(screen.getByText('(1 of 3)')).toBeTruthy()
})

test('who looks now waits for the newer plan', async () => {
  let asked = 0
  const seen = answering({ ...routes, 'GET /v1/mirror/plan': () => (asked++ < 2 ? sweep : look), 'POST /v1/mirror/plan': routes['POST /v1/mirror/plan'] })
  shown(<Shown />)
  fireEvent.click(await screen.findByRole('button', { name: 'Look now' }))
  expect(await screen.findByText(/looks at every account and region/)).toBeTruthy()
  expect(await screen.findByText('Nothing is to be done.')).toBeTruthy()
  expect(screen.getByText('A newer plan has come.')).toBeTruthy()
  expect(screen.queryByText(/looks at every account and region/)).toBeNull()
  expect(seen.filter((r) => r.method === 'POST')).toHaveLength(1)
  expect(asked).toBe(3)
})

test('where no newer plan comes, a plain line says so', async () => {
  answering(routes)
  shown(<Shown />)
  const button = await screen.findByRole('button', { name: 'Look now' })
  await screen.findByRole('grid', { name: 'Steps' })
  vi.useFakeTimers({ shouldAdvanceTime: true })
  try {
    fireEvent.click(button)
    await screen.findByText(/looks at every account and region/)
    await vi.advanceTimersByTimeAsync(3 * 60_000)
    expect(await screen.findByText(/No newer plan has come within 3 minutes/)).toBeTruthy()
  } finally {
    vi.useRealTimers()
  }
})

test('where no loop can be asked, what to run instead is said', async () => {
  answering({ ...routes, 'POST /v1/mirror/plan': () => problem(409, "run 'mirrorwatch mirror plan --keep'") })
  shown(<Shown />)
  fireEvent.click(await screen.findByRole('button', { name: 'Look now' }))
  expect((await screen.findByRole('alert')).textContent).toContain("run 'mirrorwatch mirror plan --keep'")
})

test('who may not have it look is told why', async () => {
  answering(routes)
  shown(<Shown />, { me: somebody('viewer', ['getMirrorPlan']) })
  await waitFor(() => expect(screen.getByRole('button', { name: /Look now/ }).getAttribute('aria-disabled') ?? screen.getByRole('button', { name: /Look now/ }).getAttribute('disabled')).not.toBeNull())
})

test('where there is none, the states and the command stay; of a kind it is said', async () => {
  answering({ ...routes, 'GET /v1/mirror/plan': () => problem(404, 'There is no plan') })
  shown(<Shown />)
  expect(await screen.findByText('mirrorwatch mirror plan --keep')).toBeTruthy()
  expect(await screen.findByText(/it tries again in each pass/)).toBeTruthy()
  fireEvent.click(screen.getByRole('button', { name: 'Teardown' }))
  expect(await screen.findByText('No teardown was kept within seven days.')).toBeTruthy()
})
