import { QueryClientProvider } from '@tanstack/react-query'
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { Router } from 'wouter'
import { memoryLocation } from 'wouter/memory-location'
import { afterEach, expect, test, vi } from 'vitest'
import { newQueries } from '../api/read'
import { Search } from './Search'

afterEach(() => void vi.unstubAllGlobals())

function start() {
  const asked: string[] = []
  vi.stubGlobal('fetch', async (r: Request) => {
    const url = new URL(r.url)
    asked.push(url.pathname + url.search)
    const items = url.pathname === '/v1/devices' ? [{ id: 'vpc-1/10.20.0.5', address: '10.20.0.5', hostname: 'orders-db', external: false, first_seen: '', last_seen: '', peers: 0, overrides: {} }] : []
    return new Response(JSON.stringify({ items, complete: true }), { headers: { 'Content-Type': 'application/json' } })
  })
  const memory = memoryLocation({ path: '/detections?zone=local', record: true })
  render(<QueryClientProvider client={newQueries()}><Router hook={memory.hook} searchHook={memory.searchHook}><Search /></Router></QueryClientProvider>)
  const input = screen.getByRole('combobox', { name: 'Search' })
  return { asked, memory, input }
}

const type = (input: HTMLElement, text: string) => fireEvent.change(input, { target: { value: text } })
const enter = (input: HTMLElement) => act(() => void fireEvent.keyDown(input, { key: 'Enter', keyCode: 13 }))

test('Enter goes to the best that was found, and asks once for what was typed in one go', async () => {
  const { asked, memory, input } = start()
  for (const text of ['o', 'or', 'ord', 'orders']) type(input, text)
  await waitFor(() => expect(asked.length).toBe(2))
  enter(input)
  await waitFor(() => expect(memory.history.at(-1)).toBe('/devices/vpc-1%2F10.20.0.5?zone=local'))
  expect(asked).toEqual(['/v1/devices?text=orders&limit=50', '/v1/detections?text=orders&sort=-score&limit=5'])
})

test('Enter before the answer is there waits for it', async () => {
  const { memory, input } = start()
  type(input, 'orders')
  enter(input)
  await waitFor(() => expect(memory.history.at(-1)).toBe('/devices/vpc-1%2F10.20.0.5?zone=local'))
})
