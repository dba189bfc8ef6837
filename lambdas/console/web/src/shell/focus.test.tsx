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

test('whoever came by the search is led on, and whoever searches again is not', () => {
  const top = document.body.appendChild(document.createElement('div'))
  top.id = 'mw-top'
  const search = top.appendChild(document.createElement('input'))
  const { rerender } = render(<Page path="/a" heading="A" />)
  search.focus()
  rerender(<Page path="/b" />)
  search.value = 'ws-1'
  rerender(<Page path="/b" heading="B" />)
  vi.advanceTimersByTime(5_000)
  expect(document.activeElement).toBe(search)
  search.value = ''
  rerender(<Page path="/c" heading="C" />)
  vi.advanceTimersByTime(1_000)
  expect(focused()).toBe('C')
  top.remove()
})
