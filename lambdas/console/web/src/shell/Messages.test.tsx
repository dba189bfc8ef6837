import { act, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Problem } from '../api/client'
import { kept, Messages, Said, stays, useTell, type Message } from './Messages'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function Teller({ says }: { says: Message[] }) {
  const tell = useTell()
  return <button onClick={() => says.forEach(tell)}>go</button>
}

function told(...says: Message[]) {
  render(<Messages><Teller says={says} /><Said /></Messages>)
  fireEvent.click(screen.getByText('go'))
}

// What is read out stands in the page a second time.
const message = (text: string) => within(screen.getByRole('list')).getByText(text)

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))

test('what went well goes by itself, what went wrong stays', async () => {
  told({ type: 'success', text: 'saved' }, { type: 'error', text: 'refused' })
  message('saved')
  await pass(stays.plain + 1000)
  expect(within(screen.getByRole('list')).queryByText('saved')).toBeNull()
  message('refused')
})

test('what can be undone waits longer, and longer still while one points at it', async () => {
  told({ type: 'success', text: 'acknowledged', undo: () => {} })
  await pass(stays.plain + 1000)
  fireEvent.mouseOver(message('acknowledged'))
  await pass(stays.undo * 2)
  message('acknowledged')
})

test('what cannot be undone says why', async () => {
  told({ type: 'success', text: 'acknowledged', undo: () => Promise.reject(new Problem(412, 'Somebody was faster')) })
  fireEvent.click(screen.getByRole('button', { name: 'Undo' }))
  await pass(1000)
  message('It could not be undone: Somebody was faster')
})

test('three at most; what goes on and what went wrong stay longest', () => {
  const m = (id: string, type: Message['type']) => ({ id, type, text: id })
  const three = [m('a', 'busy'), m('b', 'error'), m('c', 'success')]
  expect(kept(three, m('d', 'success')).map((x) => x.id)).toEqual(['a', 'b', 'd'])
  expect(kept([m('a', 'busy'), m('b', 'error'), m('c', 'error')], m('d', 'error')).map((x) => x.id)).toEqual(['a', 'c', 'd'])
  expect(kept(three, m('a', 'success')).map((x) => x.type)).toEqual(['success', 'error', 'success'])
})
