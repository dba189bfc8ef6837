import { fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { Messages, Said } from '../shell/Messages'
import { ending, fetched, nameOf, useDownload } from './Download'

afterEach(() => void vi.unstubAllGlobals())

const answers = (body: BodyInit, init?: ResponseInit) => vi.stubGlobal('fetch', () => Promise.resolve(new Response(body, init)))

test('an export is fetched whole and under its own name', async () => {
  answers('a,b\n1,2\n', { headers: { 'Content-Type': 'text/csv', 'Content-Disposition': 'attachment; filename="detections.csv"' } })
  const got = await fetched({ path: '/v1/detections/export?format=csv', name: 'x.csv' }, new AbortController().signal, () => {})
  expect([got.name, got.blob.size, got.broken]).toEqual(['detections.csv', 8, undefined])
})

test('an export that ended before its end says so', () => {
  expect(ending('{"id":1}\n{"error":"the store is gone"}\n')).toBe('the store is gone')
  expect(ending('1,2\n#error,the store is gone,,,\n')).toBe('the store is gone')
  expect(ending('{"id":1}\n{"id":2}\n')).toBeUndefined()
})

test('a name is never a path', () => {
  expect(nameOf('attachment; filename="../../etc/pass\u202ewd"')).toBe('.._.._etc_pass_wd')
  expect(nameOf(null)).toBeUndefined()
})

function Saver() {
  const save = useDownload()
  return <button onClick={() => save({ path: '/v1/detections/export', name: 'detections.csv' })}>go</button>
}

test('what the server says against it stands above the page', async () => {
  answers(JSON.stringify({ type: 'about:blank', title: 'Not allowed', status: 403, detail: 'Your role may not export.' }), { status: 403 })
  render(<Messages><Saver /><Said /></Messages>)
  fireEvent.click(screen.getByText('go'))
  expect(await screen.findByText('The export failed: Your role may not export. Nothing was saved.')).toBeTruthy()
})

test('an export can be ended', async () => {
  vi.stubGlobal('fetch', (r: Request) => new Promise((_, no) => r.signal.addEventListener('abort', () => no(new DOMException('', 'AbortError')))))
  render(<Messages><Saver /><Said /></Messages>)
  fireEvent.click(screen.getByText('go'))
  fireEvent.click(await screen.findByRole('button', { name: 'Cancel' }))
  expect(await screen.findByText('The export was cancelled. Nothing was saved.')).toBeTruthy()
})
