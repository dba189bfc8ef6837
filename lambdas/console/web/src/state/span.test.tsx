import { act, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { Router } from 'wouter'
import { memoryLocation } from 'wouter/memory-location'
import { expect, test } from 'vitest'
import { lengthOf, spanOf, useSpan } from './span'

const now = Date.parse('2026-11-26T14:00:00Z')
const hour = 3_600_000

test('lengths are read, and nothing else is', () => {
  expect(['90m', '1h', '31d'].map(lengthOf)).toEqual([90 * 60_000, hour, 31 * 24 * hour])
  expect(['', '1w', '0d', '-1d', '1.5h', '99999d', '1d '].map(lengthOf)).toEqual(Array(7).fill(undefined))
})

test('what makes no sense is the default', () => {
  expect(spanOf({ last: '1h' }, now)).toEqual({ from: now - hour, to: now, last: '1h' })
  expect(spanOf({ last: '<b>' }, now, '7d').last).toBe('7d')
  expect(spanOf({ from: '2026-11-26T13:00:00Z', to: '2026-11-26T12:00:00Z' }, now).last).toBe('1d')
  expect(spanOf({ from: '2026-11-26T12:00:00Z', to: '2026-11-26T13:00:00Z', last: '1h' }, now)).toEqual({ from: now - 2 * hour, to: now - hour })
})

test('a span that is set is in the URL, and the default is not', () => {
  const memory = memoryLocation({ path: '/detections?band=high', record: true })
  const { result } = renderHook(() => useSpan('7d'), { wrapper: ({ children }: { children: ReactNode }) => <Router hook={memory.hook} searchHook={memory.searchHook}>{children}</Router> })
  act(() => result.current[1]({ from: now - hour, to: now }))
  expect(memory.history.at(-1)).toBe('/detections?band=high&from=2026-11-26T13%3A00%3A00.000Z&to=2026-11-26T14%3A00%3A00.000Z')
  expect(result.current[0]).toEqual({ from: now - hour, to: now })
  act(() => result.current[1]({ from: 0, to: 0, last: '7d' }))
  expect(memory.history.at(-1)).toBe('/detections?band=high')
})
