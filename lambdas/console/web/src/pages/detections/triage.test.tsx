import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { useEffect, useState, type ReactNode } from 'react'
import { expect, test } from 'vitest'
import { Messages, Said } from '../../shell/Messages'
import { answering, problem, shown, type Request } from '../../testing/answers'
import { changeOf } from './BulkForm'
import { sample } from './samples.testing'
import { commonFilter, ruleOf } from './similar'
import { changeWords, undoing, useTriage, type Triage, type Unchanged } from './triage'

let triage: Triage | undefined
function Using(): ReactNode {
  const t = useTriage()
  const [, set] = useState(0)
  useEffect(() => {
    triage = t
    set(1)
  }, []) // eslint-disable-line
  return null
}

async function using(routes: Record<string, (r: Request) => unknown>): Promise<[Triage, Request[]]> {
  const asked = answering({ 'POST /v1/detections/search': () => ({ items: [], complete: true }), ...routes })
  shown(
    <Messages>
      <Said />
      <Using />
    </Messages>,
  )
  await waitFor(() => expect(triage).toBeDefined())
  if (!triage) throw new Error('no triage')
  return [triage, asked]
}

const changes = (asked: Request[]) => asked.filter((r) => r.method === 'PATCH' || r.path.endsWith('/bulk')).map((r) => r.body)

test('one is acknowledged on its revision, and taken back on the next', async () => {
  let revision = 2
  const [t, asked] = await using({ 'PATCH /v1/detections/d1': (r) => sample({ ...(r.body as object), revision: ++revision }) })
  await act(() => t.one(sample(), { status: 'acknowledged' }))
  fireEvent.click(await screen.findByRole('button', { name: 'Undo' }))
  await screen.findByText('Undone.')
  expect(changes(asked)).toEqual([
    { status: 'acknowledged', revision: 2 },
    { status: 'open', resolution: '', assignee: '', revision: 3 },
  ])
})

test('who was slower is told what is there now, and changes nothing', async () => {
  const [t, asked] = await using({
    'PATCH /v1/detections/d1': () => problem(412, 'it is revision 5 now'),
    'POST /v1/detections/search': () => ({ items: [sample({ status: 'closed', assignee: 'mona', revision: 5 })], complete: true }),
  })
  await act(() => t.one(sample(), { status: 'acknowledged' }))
  expect(await screen.findByText('Somebody was faster: Port scan is closed now, assigned to mona. Nothing was changed by you.')).toBeTruthy()
  expect(changes(asked)).toHaveLength(1)
})

test('of many, what was not changed comes back with why, and only the others are taken back', async () => {
  const all = [sample(), sample({ id: 'd2', status: 'in_progress', assignee: 'mona' }), sample({ id: 'd3' })]
  const [t, asked] = await using({
    'POST /v1/detections/bulk': () => ({
      complete: false,
      changed: 2,
      items: [
        { id: 'd1', result: 'changed' },
        { id: 'd2', result: 'changed' },
        { id: 'd3', result: 'invalid', detail: 'close it first' },
      ],
    }),
  })
  let left: Unchanged[] = []
  await act(async () => {
    left = await t.many(all, { status: 'acknowledged', note: 'seen' })
  })
  expect(left.map((u) => [u.d.id, u.why])).toEqual([['d3', 'the change does not fit it: close it first']])
  expect(await screen.findByText('2 detections: acknowledged now. The note was added, and stays if you undo.')).toBeTruthy()
  fireEvent.click(screen.getByRole('button', { name: 'Undo' }))
  await waitFor(() => expect(changes(asked)).toHaveLength(3))
  expect(changes(asked).slice(1)).toEqual([
    { ids: ['d1'], change: { status: 'open', resolution: '', assignee: '' } },
    { ids: ['d2'], change: { status: 'in_progress', resolution: '', assignee: 'mona' } },
  ])
})

test('what is taken back is put together by what it was', () => {
  expect(undoing([sample(), sample({ id: 'd2' }), sample({ id: 'd3', status: 'closed', resolution: 'false_positive' })])).toEqual([
    { ids: ['d1', 'd2'], change: { status: 'open', resolution: '', assignee: '' } },
    { ids: ['d3'], change: { status: 'closed', resolution: 'false_positive', assignee: '' } },
  ])
  expect(changeWords(1, { assignee: '' })).toBe('1 detection: assigned to nobody.')
})

test('the form of many changes only what was chosen', () => {
  expect(changeOf('stays', 'stays', 'stays', '  ')).toBeUndefined()
  expect(changeOf('closed', 'none', '(nobody)', ' x ')).toEqual({ status: 'closed', resolution: '', assignee: '', note: 'x' })
  expect(changeOf('open', 'false_positive', 'stays', '')).toEqual({ status: 'open' }) // only what is closed has a resolution
})

test('a rule for what is alike names the types and who did it', () => {
  expect(ruleOf([sample(), sample({ id: 'd2' })])).toEqual({
    name: 'Port scan by web-1',
    enabled: true,
    match: { types: ['recon.port_scan'], offender: { devices: ['vni-1/10.20.1.5'] } },
  })
  const victims = sample({ participants: [{ role: 'victim', device: 'v', address: '10.0.0.1', external: false }] })
  expect(commonFilter([victims])).toEqual({ types: ['recon.port_scan'], victim: { devices: ['v'] } })
  expect(commonFilter([sample(), victims]).offender).toBeUndefined() // one of them has none
  expect(commonFilter([sample(), sample({ participants: [] })])).toEqual({ types: ['recon.port_scan'] })
})
