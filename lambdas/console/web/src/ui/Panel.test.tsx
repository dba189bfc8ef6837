import { act, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { Problem } from '../api/client'
import type { Reading } from '../api/read'
import { Panel, Read } from './Panel'

afterEach(() => void vi.useRealTimers())

type Data = { items: string[]; complete: boolean; why?: string }
const reading = (more: Partial<Reading<Data>>): Reading<Data> => ({ state: 'ready', since: Date.parse('2026-11-26T13:00:00Z'), refreshing: false, again: () => {}, ...more })
const show = (of: Reading<Data>) => render(<Panel title="Peers" of={of} count={(d) => d.items.length} empty={(d) => d.items.length === 0 && 'No peers. Choose a longer time.'}>{(d) => <p>{d.items.join()}</p>}</Panel>)

test('while it loads, shapes stand there, but not at once', () => {
  vi.useFakeTimers()
  const { container } = show(reading({ state: 'loading' }))
  expect([screen.getByRole('status').textContent, container.querySelectorAll('.mw-shape').length]).toEqual(['Loading', 0])
  act(() => vi.advanceTimersByTime(200))
  expect(container.querySelectorAll('.mw-shape').length).toBe(3)
})

test('empty says what to do', () => {
  show(reading({ data: { items: [], complete: true } }))
  expect(screen.getByText('No peers. Choose a longer time.')).toBeTruthy()
  expect(screen.getByRole('heading').textContent).toContain('Peers (0)')
})

test('failed says why, and can be tried at once', () => {
  const again = vi.fn()
  show(reading({ state: 'failed', problem: new Problem(503, 'The store is not available', 'try again in a moment'), again }))
  expect(screen.getByRole('alert').textContent).toContain('The store is not available')
  expect(screen.getByText('It is tried again by itself.')).toBeTruthy()
  fireEvent.click(screen.getByRole('button', { name: 'Try now' }))
  expect(again).toHaveBeenCalledOnce()
})

test('what asking again does not help is not said to be tried again', () => {
  render(<Read of={reading({ state: 'failed', problem: new Problem(404, 'It is not there') })}>{() => null}</Read>)
  expect(screen.queryByText('It is tried again by itself.')).toBeNull()
})

test('partial says what is missing, and shows what is there', () => {
  show(reading({ data: { items: ['a'], complete: false, why: 'showing 50 of 412 peers' } }))
  expect(screen.getByText('Not everything: showing 50 of 412 peers')).toBeTruthy()
  expect(screen.getByText('a')).toBeTruthy()
})

test('stale says of when it is, and shows what was there', () => {
  show(reading({ state: 'stale', data: { items: ['a'], complete: true }, problem: new Problem(0, 'The server cannot be reached') }))
  expect(screen.getByText(/As of/).textContent).toBe('As of 2026-11-26 13:00:00 UTC')
  expect(screen.getByText('a')).toBeTruthy()
})
