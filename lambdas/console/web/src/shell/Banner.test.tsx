import { QueryClientProvider } from '@tanstack/react-query'
import { act, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { api, told } from '../api/client'
import { newQueries, useRead } from '../api/read'
import { left } from '../state/idle'
import { Banner } from './Banner'

let asked = 0
let up = true

beforeEach(() => {
  vi.useFakeTimers()
  asked = 0
  up = true
  vi.stubGlobal('fetch', async (r: Request) => {
    if (r.url.endsWith('/v1/status')) asked++
    if (!up) throw new TypeError('Failed to fetch')
    return new Response('{"version":"x"}', { headers: { 'Content-Type': 'application/json' } })
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function Page() {
  const status = useRead(['status'], (signal) => told(api.GET('/v1/status', { signal })), { every: 30_000 })
  return <p>{status.state}</p>
}

const start = () => render(<QueryClientProvider client={newQueries()}><Banner /><Page /></QueryClientProvider>)
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))

test('a server that is gone is said once, and it goes away when it is back', async () => {
  start()
  await pass(1_000)
  up = false
  await pass(40_000)
  expect(screen.queryAllByText('The server cannot be reached').length).toBeGreaterThan(0)
  expect(screen.queryByText('stale')).not.toBeNull()
  up = true
  await pass(31_000)
  expect(screen.queryByRole('heading', { name: 'The server cannot be reached' })).toBeNull()
  expect(screen.queryByText('ready')).not.toBeNull()
})

test('nothing is asked while nobody is there, and all when somebody is back', async () => {
  start()
  await pass(left + 31_000)
  expect(screen.queryAllByText('Nothing is refreshed while you are away').length).toBeGreaterThan(0)
  const before = asked
  await pass(10 * 60_000)
  expect(asked).toBe(before)
  act(() => void dispatchEvent(new Event('keydown')))
  await pass(1_000)
  expect(asked).toBe(before + 1)
  await pass(31_000)
  expect(asked).toBe(before + 2)
})
