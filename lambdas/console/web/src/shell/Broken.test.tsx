import { fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { Boundary } from './Broken'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

function Page({ fails }: { fails: { with?: string } }) {
  if (fails.with) throw new Error(fails.with)
  return <p>the page</p>
}

test('a page that fails says what failed, and can be tried again', () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const fails: { with?: string } = { with: 'x is undefined' }
  render(<Boundary path="/a"><Page fails={fails} /></Boundary>)
  expect(screen.getByText('x is undefined')).toBeTruthy()
  fails.with = undefined
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(screen.getByText('the page')).toBeTruthy()
})

test('another page is not broken by it', () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const { rerender } = render(<Boundary path="/a"><Page fails={{ with: 'x' }} /></Boundary>)
  rerender(<Boundary path="/b"><Page fails={{}} /></Boundary>)
  expect(screen.getByText('the page')).toBeTruthy()
})

test.each([
  ['a newer version', () => new Response('<script type="module" crossorigin src="/assets/new.js"></script>'), /There is a newer version of the console/],
  ['a server that is gone', () => { throw new TypeError('Failed to fetch') }, /the server cannot be reached/],
  ['a part that is missing', () => new Response('<p>'), /though the server is there/],
])('a part that could not be loaded: %s', async (_, answer, says) => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  sessionStorage.setItem('mirrorwatch.renewed', String(Date.now())) // the page itself is not loaded anew here
  vi.stubGlobal('fetch', async () => answer())
  render(<Boundary path="/a"><Page fails={{ with: 'Failed to fetch dynamically imported module: /assets/x.js' }} /></Boundary>)
  expect(await screen.findByText(says)).toBeTruthy()
})
