import { act, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Histogram, type HistogramProps } from './Histogram'

const hour = 3_600_000
const from = Date.parse('2026-11-25T00:00:00Z')

const props: HistogramProps = {
  label: 'Detections by time and risk', noun: ['detection', 'detections'], from, to: from + 24 * hour, step: hour,
  series: [{ label: 'Low', className: 'mw-histbar-low' }, { label: 'Critical', className: 'mw-histbar-critical' }],
  bars: [{ start: from + 2 * hour, counts: [3, 1] }, { start: from + 5 * hour, counts: [1, 0] }],
  gaps: [{ from: from + 10 * hour, to: from + 13 * hour }], gapWord: 'No packets seen',
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

// jsdom has no PointerEvent: one of the mouse under its name has all that is looked at.
const pointer = (e: Element, type: string, clientX: number) => fireEvent(e, new MouseEvent(`pointer${type}`, { bubbles: true, clientX }))

const slider = (which: string) => screen.getByRole('slider', { name: new RegExp(which) })

test('the table twin says what the bars show, and where nothing was seen', () => {
  render(<Histogram {...props} />)
  const rows = within(screen.getByRole('table')).getAllByRole('row')
  expect(rows.map((r) => r.textContent)).toEqual(['TimeLowCritical', '2026-11-25 02:00 UTC31', '2026-11-25 05:00 UTC10'])
  expect(screen.getByText('No packets seen from 2026-11-25 10:00 UTC to 2026-11-25 13:00 UTC')).toBeTruthy()
})

test('what is not to be selected has no handles', () => {
  render(<Histogram {...props} />)
  expect(screen.queryByRole('slider')).toBeNull()
})

test('keys move the handles, and the selection is told when they rest', () => {
  const select = vi.fn()
  render(<Histogram {...props} onSelect={select} />)
  fireEvent.keyDown(slider('beginning'), { key: 'ArrowRight', shiftKey: true })
  fireEvent.keyDown(slider('beginning'), { key: 'ArrowLeft' })
  expect(slider('beginning').getAttribute('aria-valuetext')).toBe('2026-11-25 09:00 UTC')
  expect(select).not.toHaveBeenCalled()
  act(() => void vi.advanceTimersByTime(400))
  expect(select.mock.calls).toEqual([[{ from: from + 9 * hour, to: from + 24 * hour }]])
})

test('the end goes no further than one bar after the beginning', () => {
  const select = vi.fn()
  render(<Histogram {...props} onSelect={select} selection={{ from: from + 4 * hour, to: from + 6 * hour }} />)
  fireEvent.keyDown(slider('end'), { key: 'Home' })
  act(() => void vi.advanceTimersByTime(400))
  expect(select).toHaveBeenLastCalledWith({ from, to: from + hour })
})

test('Escape clears', () => {
  const select = vi.fn()
  render(<Histogram {...props} onSelect={select} selection={{ from: from + 4 * hour, to: from + 6 * hour }} />)
  fireEvent.keyDown(slider('end'), { key: 'Escape' })
  expect(select).toHaveBeenCalledWith(undefined)
})

test('a drag over bars selects them, backwards too', () => {
  const select = vi.fn()
  const { container } = render(<Histogram {...props} onSelect={select} />)
  const svg = container.querySelector('svg')
  if (!svg) throw new Error('no drawing')
  const x = (h: number) => 34 + ((h + 0.5) / 24) * 760 // 800 wide, less the margins
  pointer(svg, 'down', x(7))
  pointer(svg, 'move', x(3))
  expect(container.querySelectorAll('.mw-histbar-outside')).toHaveLength(2)
  pointer(svg, 'up', x(3))
  expect(select.mock.calls).toEqual([[{ from: from + 3 * hour, to: from + 8 * hour }]])
})

test('the bar below the pointer is told in words', () => {
  const { container } = render(<Histogram {...props} onSelect={() => {}} />)
  const svg = container.querySelector('svg')
  if (!svg) throw new Error('no drawing')
  pointer(svg, 'move', 34 + (2.5 / 24) * 760)
  expect(container.querySelector('.mw-tip')?.textContent).toBe('2026-11-25 02:00 – 03:00 UTC4 detectionsCritical 1Low 3')
  pointer(svg, 'move', 34 + (11.5 / 24) * 760)
  expect(container.querySelector('.mw-tip')?.textContent).toContain('0 detectionsNo packets seen')
})
