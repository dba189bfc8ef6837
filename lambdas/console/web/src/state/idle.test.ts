import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isAway, left, whenAway } from './idle'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('nobody is there after a while without a sign, and is again with the first', () => {
  const told = vi.fn()
  const ended = whenAway(told)
  vi.advanceTimersByTime(left - 1_000)
  dispatchEvent(new Event('keydown'))
  vi.advanceTimersByTime(left - 1_000)
  expect(isAway()).toBe(false)
  vi.advanceTimersByTime(1_000)
  expect([isAway(), told.mock.calls.length]).toEqual([true, 1])
  dispatchEvent(new Event('pointermove'))
  expect([isAway(), told.mock.calls.length]).toEqual([false, 2])
  vi.advanceTimersByTime(left)
  expect(isAway()).toBe(true)
  ended()
})
