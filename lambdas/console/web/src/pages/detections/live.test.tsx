import { act, configure, fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { DetectionFilter } from '../../api/names'
import { answering, shown } from '../../testing/answers'
import Detections from './Detections'
import { sample } from './samples.testing'

configure({ asyncUtilTimeout: 5000 })
beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }))
afterEach(() => void vi.useRealTimers())

const titles = () => screen.getAllByRole('article').map((a) => a.querySelector('[data-item]')?.textContent)

test('what is new waits until it is asked for; what has changed is changed in its place', async () => {
  let later = false
  const fresh = () =>
    sample({ id: 'd9', title: 'Worse', created: new Date(Date.now() + 1000).toISOString(), risk: { ...sample().risk, score: 99, band: 'critical' } })
  answering({
    'GET /v1/catalogue': () => ({ complete: true, items: [] }),
    'GET /v1/views': () => ({ complete: true, items: [] }),
    'GET /v1/status': () => ({ version: '1', time: '2026-11-26T12:00:00Z', sensors: [] }),
    'POST /v1/records/histogram': () => ({ complete: true, step_seconds: 1800, buckets: [] }),
    'POST /v1/detections/histogram': () => ({ complete: true, step_seconds: 1800, buckets: [] }),
    'POST /v1/detections/search': (r) => {
      const f = (r.body as { filter: DetectionFilter }).filter
      if (f.hidden === 'only') return { complete: true, items: [], total: 0 }
      if (f.ids) return { complete: true, items: later ? [sample({ id: 'd2', title: 'Second', status: 'closed', revision: 9 })] : [] }
      if (f.modified_from) return { complete: true, items: later ? [fresh()] : [] }
      return { complete: true, items: [...(later ? [fresh()] : []), sample(), sample({ id: 'd2', title: 'Second' })], total: 2 }
    },
  })
  shown(<Detections />, { at: '/detections' })
  await screen.findByRole('link', { name: 'Second' })
  later = true
  await act(() => vi.advanceTimersByTimeAsync(46_000))
  const pill = await screen.findByRole('button', { name: '1 new: show it' })
  expect(titles()).toEqual(['Port scan', 'Second'])
  expect(await screen.findByText('Closed')).toBeTruthy()
  fireEvent.click(pill)
  await waitFor(() => expect(titles()).toEqual(['Worse', 'Port scan', 'Second']))
}, 30_000)
