import { render } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useFocusOnArrival } from './focus'

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('scrollTo', () => {})
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function Page({ path, heading, children }: { path: string; heading?: string; children?: React.ReactNode }) {
  useFocusOnArrival(path)
  return <main>{heading && <h1 key={heading}>{heading}</h1>}{children}</main>
}

const focused = () => document.activeElement?.textContent

test('the heading of the page one comes to has the focus, also when it comes late or is replaced', () => {
  const { rerender } = render(<Page path="/a" heading="A" />)
  vi.advanceTimersByTime(5_000)
  expect(document.activeElement).toBe(document.body)
  rerender(<Page path="/b" />)
  vi.advanceTimersByTime(1_000)
  rerender(<Page path="/b" heading="Loading" />)
  vi.advanceTimersByTime(100)
  expect(focused()).toBe('Loading')
  rerender(<Page path="/b" heading="B" />)
  vi.advanceTimersByTime(100)
  expect(focused()).toBe('B')
})

test('whoever typed meanwhile is left alone', () => {
  const { rerender, getByRole } = render(<Page path="/a" heading="A" />)
  rerender(<Page path="/b" heading="B"><input /></Page>)
  getByRole('textbox').focus()
  vi.advanceTimersByTime(5_000)
  expect(document.activeElement).toBe(getByRole('textbox'))
})
