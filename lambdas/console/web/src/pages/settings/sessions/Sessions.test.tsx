import { fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { answering, problem, shown } from '../../../testing/answers'
import { agentName } from '../agent'
import Sessions from './Sessions'

afterEach(() => vi.unstubAllGlobals())

const session = (id: string, current: boolean, agent: string) => ({ id, current, agent, address: '10.0.0.7', created: '2026-03-01T00:00:00Z', seen: '2026-03-01T01:00:00Z' })
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0'

test('browsers are known by what they say, the rest is shown as it is', () => {
  expect([firefox, 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0', 'curl/8.1.2', '<script>'].map(agentName)).toEqual(['Firefox 132 on Linux', 'Edge 156 on Windows', 'curl 8.1.2', undefined])
})

test('all but the one in use can be ended at once; one that ended meanwhile is no failure', async () => {
  const seen = answering({
    'GET /v1/me/sessions': () => ({ items: [session('a', false, '<script>'), session('b', true, firefox), session('c', false, firefox)], complete: true }),
    'DELETE /v1/me/sessions/a': () => new Response(null, { status: 204 }), 'DELETE /v1/me/sessions/c': () => problem(404, 'gone'),
  })
  shown(<Sessions />)
  await screen.findByText('This one')
  expect(screen.getByText('<script>')).toBeTruthy()
  fireEvent.click(screen.getByRole('button', { name: 'End all others' }))
  fireEvent.click(await screen.findByRole('button', { name: 'End 2 sessions' }))
  await waitFor(() => expect(seen.filter((r) => r.method === 'DELETE').map((r) => r.path).sort()).toEqual(['/v1/me/sessions/a', '/v1/me/sessions/c']))
  await waitFor(() => expect(screen.queryByRole('button', { name: 'End 2 sessions' })).toBeNull(), { timeout: 3000 })
}, 20_000)
