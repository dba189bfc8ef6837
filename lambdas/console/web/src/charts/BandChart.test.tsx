import { fireEvent, render, screen, within } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, test } from 'vitest'
import { BandChart } from './BandChart'

const hour = 3_600_000
const start = Date.UTC(2026, 10, 26)
const points = [5000, 6000, 90_000, 91_000].map((value, h) => ({ time: start + h * hour, value }))
const band = [0, 1, 2, 3].map((h) => ({ time: start + h * hour, low: 1000, median: 4000, high: 8000 }))
const chart = (more = {}): ReactNode => <BandChart label="Bytes sent by web-1" points={points} band={band} step={hour} unit="bytes" left={start + 2 * hour} {...more} />

test('the keyboard goes from step to step, and each says what was seen and expected', () => {
  render(chart())
  const slider = screen.getByRole('slider', { name: 'Bytes sent by web-1: point in time' })
  fireEvent.focus(slider)
  expect(slider.getAttribute('aria-valuetext')).toBe('2026-11-26 03:00 UTC: 91 kB; above the range: expected 1 kB to 8 kB, median 4 kB')
  fireEvent.keyDown(slider, { key: 'Home' })
  fireEvent.keyDown(slider, { key: 'ArrowRight' })
  expect(slider.getAttribute('aria-valuetext')).toBe('2026-11-26 01:00 UTC: 6 kB; expected 1 kB to 8 kB, median 4 kB')
  expect(slider.getAttribute('aria-valuenow')).toBe('1')
})

test('the mark says in words when the range was left', () => {
  const { container } = render(chart())
  expect(container.textContent).toContain('Left the expected range 02:00')
  expect(container.textContent).toContain('Outside of the range')
})

test('the table says what the drawing says', () => {
  render(chart())
  fireEvent.click(screen.getByRole('button', { name: 'The same as a table' }))
  const rows = within(screen.getByRole('table')).getAllByRole('row').map((r) => r.textContent)
  expect(rows[0]).toBe('From (UTC)SeenExpectedMedianOutside')
  expect(rows[1]).toBe('2026-11-26 03:00:0091 kB1 kB to 8 kB4 kByes, above')
  expect(rows).toHaveLength(5)
})

test('without a range there is only the line', () => {
  const { container } = render(chart({ band: [], left: undefined }))
  expect(container.querySelectorAll('.mw-range')).toHaveLength(0)
  expect(container.textContent).not.toContain('Expected range')
})
