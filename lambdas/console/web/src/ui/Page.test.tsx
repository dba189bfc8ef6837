import { fireEvent, render, screen } from '@testing-library/react'
import { Router } from 'wouter'
import { memoryLocation } from 'wouter/memory-location'
import { expect, test, vi } from 'vitest'
import type { Reading } from '../api/read'
import { ageText, Page } from './Page'

const reading = (since: number, again = () => {}): Reading<unknown> => ({ state: 'ready', data: {}, since, refreshing: false, again })

test('a page says how old the oldest is that it shows, and asks for all anew', () => {
  const [one, two] = [vi.fn(), vi.fn()]
  render(<Page title="Detections" counter="57" of={[reading(Date.now() - 1000, one), reading(Date.now() - 185_000, two)]}>x</Page>)
  expect(screen.getByRole('heading', { level: 1 }).textContent).toContain('Detections (57)')
  fireEvent.click(screen.getByRole('button', { name: /^Refresh; what is shown came 3 min ago/ }))
  expect(one).toHaveBeenCalledOnce()
  expect(two).toHaveBeenCalledOnce()
})

test('ages are said as people say them', () => {
  expect(ageText(9_000)).toBe('just now')
  expect(ageText(58_000)).toBe('55 s ago')
  expect(ageText(3 * 3_600_000)).toBe('3 h ago')
})

test('a page below another leads back there, and names the tab', () => {
  const memory = memoryLocation({ path: '/detections/d1?zone=local', record: true })
  render(
    <Router hook={memory.hook} searchHook={memory.searchHook}>
      <Page title={<b>C2 beaconing</b>} tab="C2 beaconing" within={[{ text: 'Detections', to: '/detections' }]}>x</Page>
    </Router>,
  )
  expect(document.title).toBe('C2 beaconing · Mirrorwatch')
  fireEvent.click(screen.getAllByRole('link', { name: 'Detections' })[0] as HTMLElement)
  expect(memory.history.at(-1)).toBe('/detections?zone=local')
})
