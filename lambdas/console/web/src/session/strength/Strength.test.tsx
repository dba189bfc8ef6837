import { render, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { estimate } from './estimate'
import { Strength } from './Strength'
import type { Question } from './worker'

afterEach(() => vi.unstubAllGlobals())

// jsdom has no workers: this one does what strength/worker.ts does, in the same thread.
class Here {
  onmessage?: (e: { data: unknown }) => void
  postMessage = ({ n, password, own }: Question) => void setTimeout(() => this.onmessage?.({ data: { n, ...estimate(password, own) } }))
  terminate = () => {}
}

const level = () => screen.getByRole('meter').getAttribute('aria-valuetext')

test('a new password has a strength meter that knows what guessers try', () => {
  const of = (password: string, ...own: string[]) => estimate(password, own).level
  for (const easy of ['iloveyouforever', 'qwertzuiop12', 'Password12345', 'aaaaaaaaaaaaaaaa']) expect(of(easy), easy).toBeLessThan(2)
  expect([of('seven quiet lanterns'), of('xkY7$qP2!vbL')]).toEqual([4, 4])
  expect([of('zorblaxkwefton'), of('zorblaxkwefton', 'zorblaxkwefton')]).toEqual([4, 0]) // a name that no list has, until it is their own
  expect(estimate('iloveyouforever', []).why).toMatch(/similar to a commonly used password/)
})

test('it follows what is typed, and a rule that is broken comes first', async () => {
  vi.stubGlobal('Worker', Here)
  const shown = render(<Strength password="" own={['mona']} />)
  expect(screen.queryByRole('meter')).toBeNull()
  shown.rerender(<Strength password="iloveyou" own={['mona']} fault="4 more characters are needed." />)
  expect([level(), screen.getByRole('status').textContent]).toEqual(['not allowed', '4 more characters are needed.'])
  shown.rerender(<Strength password="iloveyouforever" own={['mona']} />)
  await waitFor(() => expect(level()).toBe('Weak'))
  shown.rerender(<Strength password="seven quiet lanterns" own={['mona']} />)
  expect(level()).toBe('not known') // what was said of the one before is not said of this one
  await waitFor(() => expect(level()).toBe('Strong'))
})

test('where it cannot be loaded that is said, and nothing is made up', async () => {
  vi.stubGlobal('Worker', class { constructor() { throw new Error('no') } })
  render(<Strength password="seven quiet lanterns" own={[]} />)
  await screen.findByText(/cannot be told now/)
  expect(level()).toBe('not known')
})
