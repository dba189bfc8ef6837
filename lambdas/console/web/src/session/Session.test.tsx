import { QueryClientProvider } from '@tanstack/react-query'
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { api, told } from '../api/client'
import type { Me } from '../api/names'
import { newQueries, useRead } from '../api/read'
import { Messages, Said } from '../shell/Messages'
import { useMe } from '../state/me'
import { faults } from './NewPassword'
import { Session } from './Session'

const mona: Me = { name: 'mona', kind: 'user', role: 'analyst', packets: false, must_change: false, csrf_token: 'c1', rights: ['addNote'] }

// A server of one session. What it was asked is kept; `in` says who has a session.
let server: { in?: Me; asked: string[]; login: (name: string) => [number, object, Record<string, string>?] }

beforeEach(() => {
  server = { in: mona, asked: [], login: (name) => [200, { ...mona, name, csrf_token: 'c2' }] }
  vi.stubGlobal('fetch', async (r: Request) => {
    const what = `${r.method} ${new URL(r.url).pathname}`
    const body = await r.text()
    server.asked.push(body && !what.includes('session') ? `${what} ${r.headers.get('X-CSRF-Token')} ${body}` : what)
    const json = (status: number, of: object, headers = {}) => new Response(JSON.stringify(of), { status, headers: { 'Content-Type': 'application/json', ...headers } })
    if (what === 'GET /v1/sign-in') return json(200, { kind: 'local' })
    if (what === 'POST /v1/session') {
      const [status, of, headers] = server.login((JSON.parse(body) as { name: string }).name)
      if (status === 200) server.in = of as Me
      return json(status, of, headers)
    }
    if (!server.in) return json(401, { type: '/problems/sign-in', title: 'Sign in first', status: 401 })
    if (what === 'GET /v1/me') return json(200, server.in)
    if (r.method !== 'GET' && r.headers.get('X-CSRF-Token') !== server.in.csrf_token) return json(403, { title: 'Forbidden', status: 403, detail: 'not allowed: X-CSRF-Token is not the token that /v1/me gives' })
    return json(200, { version: `for ${server.in.name}`, time: '2026-11-26T13:00:00Z', sensors: [] })
  })
})
afterEach(() => void vi.unstubAllGlobals())

function Page() {
  const me = useMe()
  const [text, setText] = useState('')
  const [done, setDone] = useState('')
  const one = useRead(['status'], (signal) => told(api.GET('/v1/status', { signal })))
  const two = useRead(['health'], (signal) => told(api.GET('/v1/health', { signal })))
  const note = () => told(api.POST('/v1/detections/{id}/notes', { params: { path: { id: 'd1' } }, body: { text } })).then(() => setDone('noted'), (e: Error) => setDone(e.message))
  return (
    <>
      <p>{me.name}: {one.data?.version} {two.state}</p>
      <input aria-label="note" value={text} onChange={(e) => setText(e.target.value)} />
      <button onClick={() => void note()}>send</button>
      <button onClick={() => { one.again(); two.again() }}>again</button>
      <p>{done}</p>
    </>
  )
}

const start = () => render(<QueryClientProvider client={newQueries()}><Messages><Session><Page /></Session><Said /></Messages></QueryClientProvider>)

async function signIn(name?: string) {
  if (name) fireEvent.change(screen.getByLabelText('Name'), { target: { value: name } })
  fireEvent.change(screen.getByLabelText('Password'), { target: { value: 'nine quiet lanterns' } })
  await act(async () => fireEvent.click(screen.getByRole('button', { name: 'Sign in' })))
}

test('nobody is asked for name and password, and then is where they were going', async () => {
  server.in = undefined
  start()
  await screen.findByRole('heading', { name: 'Sign in' })
  await signIn('mona')
  expect(await screen.findByText(/^mona: for mona/)).toBeTruthy()
})

test('the session ends: one dialog, what was typed stays, and the change and the readings go on', async () => {
  start()
  await screen.findByText('mona: for mona ready')
  fireEvent.change(screen.getByLabelText('note'), { target: { value: 'half a thought' } })
  server.in = undefined
  fireEvent.click(screen.getByText('again'))
  fireEvent.click(screen.getByText('send'))
  expect(await screen.findAllByRole('dialog')).toHaveLength(1)
  server.asked = []
  await signIn()
  expect(await screen.findByText('noted')).toBeTruthy()
  expect(screen.queryByRole('dialog')).toBeNull()
  expect((screen.getByLabelText('note') as HTMLInputElement).value).toBe('half a thought')
  expect(server.asked.filter((a) => a.startsWith('POST /v1/detections'))).toEqual(['POST /v1/detections/d1/notes c2 {"text":"half a thought"}'])
  await waitFor(() => expect(server.asked).toEqual(expect.arrayContaining(['GET /v1/status', 'GET /v1/health'])))
})

test('somebody else signs in: the change is not made, everything is loaded anew, and it is said', async () => {
  start()
  await screen.findByText('mona: for mona ready')
  server.in = undefined
  fireEvent.click(screen.getByText('send'))
  await screen.findByRole('dialog')
  server.asked = []
  await signIn('otto')
  expect(await screen.findByText('otto: for otto ready')).toBeTruthy()
  expect(screen.getAllByText('You are signed in as otto now. Everything was loaded anew.').length).toBeGreaterThan(0)
  expect(server.asked.some((a) => a.startsWith('POST /v1/detections'))).toBe(false)
})

test('a new session that this tab has not heard of is taken over, and the change goes on', async () => {
  start()
  await screen.findByText('mona: for mona ready')
  server.in = { ...mona, csrf_token: 'c9' } // signed in anew, in a tab whose word did not come
  server.asked = []
  fireEvent.click(screen.getByText('send'))
  expect(await screen.findByText('noted')).toBeTruthy()
  expect(screen.queryByRole('dialog')).toBeNull()
  expect(server.asked.filter((a) => a.startsWith('POST'))).toEqual(['POST /v1/detections/d1/notes c1 {"text":""}', 'POST /v1/detections/d1/notes c9 {"text":""}'])
})

test('somebody else signed in, in a tab whose word did not come: nothing is changed in their name', async () => {
  start()
  await screen.findByText('mona: for mona ready')
  server.in = { ...mona, name: 'otto', csrf_token: 'c9' }
  server.asked = []
  fireEvent.click(screen.getByText('send'))
  expect(await screen.findByText('otto: for otto ready')).toBeTruthy()
  await act(() => new Promise((r) => setTimeout(r, 50)))
  expect(server.asked.filter((a) => a.startsWith('POST'))).toEqual(['POST /v1/detections/d1/notes c1 {"text":""}'])
})

test('a tab that is looked at again asks who is in', async () => {
  start()
  await screen.findByText('mona: for mona ready')
  server.in = { ...mona, name: 'otto' }
  fireEvent(document, new Event('visibilitychange'))
  expect(await screen.findByText('otto: for otto ready')).toBeTruthy()
})

test('a name that is locked says for how long', async () => {
  server.in = undefined
  server.login = () => [429, { type: '/problems/locked', title: 'Locked for a while', status: 429 }, { 'Retry-After': '120' }]
  start()
  await screen.findByRole('heading', { name: 'Sign in' })
  await signIn('mona')
  expect((await screen.findAllByText(/this name is locked for a while\. Try again in 2 min\./)).length).toBeGreaterThan(0)
})

test('whoever must change the password does that before anything else', async () => {
  server.in = { ...mona, must_change: true }
  start()
  await screen.findByRole('heading', { name: 'Choose a password of your own' })
  expect(screen.queryByText('send')).toBeNull()
  expect(screen.getByText(/At least 12 characters/)).toBeTruthy()
})

test('what is wrong with a new password is said before it is sent', () => {
  expect(faults('mona', 'old old old old', 'short', 'short').fresh).toBe('7 more characters are needed.')
  expect(faults('mona', 'nine quiet lanterns', 'nine quiet lanterns', '').fresh).toBe('It must be another than the current one.')
  expect(faults('mona', 'x', 'the Mona and her cat', '').fresh).toBe('It must not hold your name.')
  expect(faults('mona', 'x', '🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊', '').fresh).toBe('1 more character is needed.')
  expect(faults('mona', 'x', 'nine quiet lanterns', 'nine quiet lantern').twice).toBe('The two are not the same.')
  expect(faults('mona', 'x', 'nine quiet lanterns', 'nine quiet lanterns')).toEqual({})
})
