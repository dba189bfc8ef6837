import createWrapper from '@cloudscape-design/components/test-utils/dom'
import { fireEvent, render, screen } from '@testing-library/react'
import { Router } from 'wouter'
import { memoryLocation } from 'wouter/memory-location'
import { expect, test } from 'vitest'
import { checked, SpanPicker, spanText } from './SpanPicker'

const hour = 3_600_000
const at = (text: string) => Date.parse(text)

function shown(path: string) {
  const memory = memoryLocation({ path, record: true })
  const { container } = render(<Router hook={memory.hook} searchHook={memory.searchHook}><SpanPicker longest={31 * 24 * hour} /></Router>)
  return { memory, picker: createWrapper(container).findDateRangePicker() }
}

test('the span of the URL is said in words', () => {
  expect(spanText({ from: 0, to: 0, last: '1d' }, 'utc')).toBe('Last day')
  expect(spanText({ from: 0, to: 0, last: '15m' }, 'utc')).toBe('Last 15 minutes')
  expect(spanText({ from: at('2026-11-26T13:00:00Z'), to: at('2026-11-26T14:30:00Z') }, 'utc')).toBe('2026-11-26 13:00 – 14:30 UTC')
  expect(spanText({ from: at('2026-11-25T13:00:07Z'), to: at('2026-11-26T14:30:00Z') }, 'utc')).toBe('2026-11-25 13:00:07 – 2026-11-26 14:30:00 UTC')
})

test('what cannot be shown is refused with the reason', () => {
  expect(checked({ type: 'relative', amount: 31, unit: 'day' }, 31 * 24 * hour).valid).toBe(true)
  expect(checked({ type: 'relative', amount: 32, unit: 'day' }, 31 * 24 * hour)).toEqual({ valid: false, errorMessage: 'At most 31 days are shown at once.' })
  expect(checked({ type: 'relative', amount: 0.5, unit: 'day' }, 31 * 24 * hour).valid).toBe(false)
  expect(checked({ type: 'absolute', startDate: '2026-11-26T14:00:00Z', endDate: '2026-11-26T13:00:00Z' }, hour)).toEqual({ valid: false, errorMessage: 'The start must be before the end.' })
  expect(checked({ type: 'absolute', startDate: '', endDate: '' }, hour).valid).toBe(false)
})

test('a length that is chosen goes into the URL', () => {
  const { memory, picker } = shown('/detections?from=2026-11-26T13:00:00.000Z&to=2026-11-26T14:00:00.000Z&kept=1')
  expect(screen.getByText('2026-11-26 13:00 – 14:00 UTC')).toBeTruthy()
  picker?.openDropdown()
  picker?.findDropdown({ expandToViewport: true })?.findSelectionModeSwitch().findModesAsSegments()?.findSegmentById('relative')?.click()
  const week = picker?.findDropdown({ expandToViewport: true })?.findRelativeRangeRadioGroup()?.findInputByValue('7d')
  if (!week) throw new Error('no week is offered')
  fireEvent.click(week.getElement())
  picker?.findDropdown({ expandToViewport: true })?.findApplyButton().click()
  expect(memory.history.at(-1)).toBe('/detections?kept=1&last=7d')
})
