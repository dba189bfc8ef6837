import { act, renderHook } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { useStill } from './still'

test('a span that moves stays as it was until nobody minds', () => {
  vi.useFakeTimers()
  let calm = false
  const { result, rerender } = renderHook(({ to, last }) => useStill({ from: to - 10, to, last }, () => calm, 1000), { initialProps: { to: 100, last: '1d' } })
  rerender({ to: 200, last: '1d' })
  expect(result.current[0].to).toBe(100)
  act(() => void vi.advanceTimersByTime(1000))
  expect(result.current[0].to).toBe(100)
  calm = true
  act(() => void vi.advanceTimersByTime(1000))
  expect(result.current[0].to).toBe(200)
  rerender({ to: 300, last: '1d' })
  act(() => result.current[1]())
  expect(result.current[0].to).toBe(300)
  rerender({ to: 400, last: '7d' })
  expect(result.current[0]).toEqual({ from: 390, to: 400, last: '7d' })
  vi.useRealTimers()
})
