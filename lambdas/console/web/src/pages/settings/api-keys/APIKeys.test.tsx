import createWrapper from '@cloudscape-design/components/test-utils/dom'
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { answering, problem, shown } from '../../../testing/answers'
import APIKeys from './APIKeys'

beforeEach(() => sessionStorage.clear())
afterEach(() => vi.unstubAllGlobals())

const key = { id: 'k1', name: '<i>tickets</i>', role: 'analyst', packets: true, owner: 'mona', created: '2026-03-01T00:00:00Z' }
const soon = { ...key, id: 'k2', name: 'soon', expires_at: new Date(Date.now() + 86_400_000).toISOString(), last_used: '2026-03-05T07:00:00Z' }

test('a key that never ends, one that ends soon and one that was never used are told apart', async () => {
  answering({ 'GET /v1/api-keys': () => ({ items: [key, soon], complete: true }), 'GET /v1/users': () => ({ items: [], complete: true }) })
  const { container } = shown(<APIKeys />)
  await screen.findByText('<i>tickets</i>')
  for (const text of ['Never', 'Within a week', 'and packets', 'mona']) expect(container.textContent).toContain(text)
})

test('a key is shown once, kept nowhere, and what is refused is told at the field', async () => {
  const answers = [() => problem(400, 'no', [{ field: 'role', value: 'admin', allowed: 'at most analyst, as mona has' }]), () => ({ key: 'mw_k9_secret', item: { ...key, id: 'k9' } })]
  answering({ 'GET /v1/api-keys': () => ({ items: [], complete: true }), 'GET /v1/users': () => ({ items: [], complete: true }), 'POST /v1/api-keys': () => answers.shift()?.() })
  shown(<APIKeys />, { at: '/settings/api-keys?edit=new' })
  const name = await waitFor(() => createWrapper().findModal()?.findContent().findAllInputs()[0] ?? Promise.reject(new Error('not yet')), { timeout: 5000 })
  name.setInputValue('tickets')
  fireEvent.click(screen.getByRole('button', { name: 'Make the key' }))
  expect((await screen.findAllByText(/at most analyst, as mona has/, {}, { timeout: 5000 })).length).toBeGreaterThan(0)
  fireEvent.click(screen.getByRole('button', { name: 'Make the key' }))
  await screen.findByText('mw_k9_secret', {}, { timeout: 5000 })
  expect(JSON.stringify({ ...sessionStorage, ...localStorage })).not.toContain('mw_k9_secret')
}, 20_000)
