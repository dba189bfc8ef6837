import { fireEvent, render, screen, within } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { RecordTable, type Rec } from './RecordTable'

const dns: Rec = {
  kind: 'dns', time: '2026-11-26T11:12:56.690520Z',
  record: {
    ts: 1795691576.69052, uid: 'C0SWyt8ltwz5', 'id.orig_h': '10.20.2.90', 'id.orig_p': 53897, 'id.resp_h': '10.255.255.53', 'id.resp_p': 53, vni: 1044,
    query: '<img src=x>\u202egpj.exe', answers: ['192.0.2.1', '192.0.2.2'], rejected: false, rtt: 0.0152,
  },
}
const conn: Rec = { kind: 'conn', time: '2026-11-26T11:12:57Z', record: { ts: 1795691577, uid: 'C1', 'id.orig_h': '10.20.2.90', 'id.resp_h': '10.1.1.1', orig_bytes: 1_234_567 } }

test('one kind has the columns of its own', () => {
  const { container } = render(<RecordTable records={[dns]} label="Records" />)
  expect(screen.getByRole('columnheader', { name: 'Query' })).toBeTruthy()
  expect(container.querySelector('img')).toBeNull()
  expect(container.textContent).toContain('\\u{202e}gpj.exe')
  expect(screen.getByText('15 ms')).toBeTruthy()
  expect(screen.getByRole('link', { name: '10.20.2.90' }).getAttribute('href')).toBe('/devices/10.20.2.90?vni=1044')
})

test('several kinds have a summary', () => {
  render(<RecordTable records={[dns, conn]} label="Records" />)
  expect(screen.getByRole('columnheader', { name: 'What' })).toBeTruthy()
  expect(screen.getByText('1.2 MB')).toBeTruthy()
})

test('a row opens to every field, and each value can narrow the query', () => {
  const narrow = vi.fn()
  render(<RecordTable records={[dns]} label="Records" narrow={narrow} />)
  const opener = screen.getByRole('button', { name: /Every field of the dns record/ })
  fireEvent.click(opener)
  expect(opener.getAttribute('aria-expanded')).toBe('true')
  const fields = screen.getByRole('table', { name: 'Fields of the dns record' })
  fireEvent.click(within(fields).getByRole('button', { name: 'Not this: id.resp_p = 53' }))
  expect(narrow).toHaveBeenLastCalledWith({ field: 'id.resp_p', op: '!=', value: '53' })
  fireEvent.click(within(fields).getByRole('button', { name: 'Only this: answers = 192.0.2.2' }))
  expect(narrow).toHaveBeenLastCalledWith({ field: 'answers', op: '=', value: '192.0.2.2' })
})

test('the same record twice is two rows that open alone', () => {
  render(<RecordTable records={[conn, conn]} label="Records" />)
  const openers = screen.getAllByRole('button', { name: /Every field/ })
  expect(openers).toHaveLength(2)
  fireEvent.click(openers[1] as HTMLElement)
  expect(openers.map((o) => o.getAttribute('aria-expanded'))).toEqual(['false', 'true'])
})

test('j and k move among the rows', () => {
  render(<RecordTable records={[dns, conn]} label="Records" keys />)
  const openers = screen.getAllByRole('button', { name: /Every field/ })
  fireEvent.keyDown(document.body, { key: 'j' })
  fireEvent.keyDown(document.body, { key: 'j' })
  expect(document.activeElement).toBe(openers[1])
  fireEvent.keyDown(document.body, { key: 'k' })
  expect(document.activeElement).toBe(openers[0])
})
