import createWrapper from '@cloudscape-design/components/test-utils/dom'
import { QueryClientProvider } from '@tanstack/react-query'
import { render, screen, waitFor } from '@testing-library/react'
import { useState, type ReactNode } from 'react'
import { afterEach, expect, test, vi } from 'vitest'
import { newQueries } from '../api/read'
import type { DetectionFilter, Me } from '../api/names'
import { WhoIsIn } from '../state/me'
import { FilterBar } from './FilterBar'
import { seen } from './suggest'
import { plainNames } from './words'

const me: Me = { name: 'mona', kind: 'user', role: 'analyst', packets: false, must_change: false, rights: [] }
const catalogue = { complete: true, items: [{ type: 'c2.beacon', title: 'Beaconing', tactics: ['TA0011'], techniques: ['T1071.001'] }] }
const groups = {
  complete: true,
  total: 1,
  items: [{ key: 'vni-7/10.0.0.1', label: 'web-1', count: 3, open: 3, max_score: 80, latest: '2026-11-26T00:00:00Z', offenders: 1, victims: 1 }],
}

vi.stubGlobal('fetch', (r: Request) => Promise.resolve(Response.json(r.url.includes('catalogue') ? catalogue : groups)))
afterEach(() => void vi.clearAllMocks())

function shown(value: DetectionFilter, onChange: (f: DetectionFilter) => void, more: { without?: string[] } = {}) {
  function Bar(): ReactNode {
    const [f, set] = useState(value)
    return (
      <FilterBar
        {...more}
        value={f}
        onChange={(next) => {
          set(next)
          onChange(next)
        }}
      />
    )
  }
  const { container } = render(
    <QueryClientProvider client={newQueries()}>
      <WhoIsIn me={me}>
        <Bar />
      </WhoIsIn>
    </QueryClientProvider>,
  )
  const bar = createWrapper(container).findPropertyFilter()
  if (!bar) throw new Error('no filter bar')
  return bar
}

test('a filter is shown as tokens, types by their title', async () => {
  const bar = shown({ types: ['c2.beacon'], offender: { addresses: ['10.0.0.1', '10.0.0.2'] }, not: [{ statuses: ['closed'] }] }, () => {})
  await waitFor(() =>
    expect(bar.findTokens().map((t) => t.findLabel().getElement().textContent)).toEqual([
      'Type = Beaconing',
      'Offender address = 10.0.0.1, 10.0.0.2',
      'Status != Closed',
    ]),
  )
})

test('what is typed becomes part of the filter, and what makes no sense is said', async () => {
  const change = vi.fn()
  const bar = shown({ bands: ['critical'] }, change, { without: ['band'] })
  expect(bar.findTokens()).toHaveLength(0)
  const enter = (text: string) => {
    bar.findNativeInput().focus()
    bar.setInputValue(text)
    bar.findNativeInput().keydown({ key: 'Enter', keyCode: 13 } as never)
  }
  enter('Victim address = 10.1.0.0/16')
  expect(change).toHaveBeenLastCalledWith({ bands: ['critical'], victim: { addresses: ['10.1.0.0/16'] } })
  enter('jndi')
  expect(change).toHaveBeenLastCalledWith({ bands: ['critical'], victim: { addresses: ['10.1.0.0/16'] }, text: 'jndi' })
  enter('Offender address = there')
  expect(await screen.findByText('"there" is no address and no network: 10.1.2.3 or 10.0.0.0/8. It was left out.')).toBeTruthy()
})

test('a filter within the filter is said as a sentence', () => {
  const bar = shown({ not: [{ min_score: 60, statuses: ['open'] }] }, () => {})
  expect(bar.findTokens()[0]?.findLabel().getElement().textContent).toBe('Leave out = whose risk is at least 60, whose status is Open')
})

test('values are learned from devices that detections have', () => {
  const [g] = groups.items
  const of = (key: string) => seen(key, g ? [g, { ...g, key: '' }] : [], plainNames).map((o) => o.value)
  expect([of('offender.device'), of('offender.address'), of('victim.host'), of('participant.vpc')]).toEqual([
    ['vni-7/10.0.0.1'],
    ['10.0.0.1'],
    ['web-1'],
    ['vni-7/10.0.0.1'],
  ])
})
