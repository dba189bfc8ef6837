import createWrapper from '@cloudscape-design/components/test-utils/dom'
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { answering, problem, shown } from '../../../testing/answers'
import { EditParameter } from './EditParameter'
import { rangeOf } from './lines'
import type { Parameter } from './names'

beforeEach(() => sessionStorage.clear())
afterEach(() => vi.unstubAllGlobals())

const parameter = { name: 'local_networks', kind: 'networks', description: 'What is ours.', allowed: 'networks in CIDR form', values: ['10.0.0.0/8'], default: [], set: true, revision: 2 } as unknown as Parameter

test('the line that the API refuses is named, marked and in the focus; another can be gone to', async () => {
  const text = '10.0.0.0/8\n\n10.0.0.0/33\n192.168.0.0/16\nnonsense\n'
  const refuse = (...values: string[]) => problem(400, 'no', values.map((value) => ({ field: 'values', value, allowed: 'networks in CIDR form' })))
  answering({ 'PUT /v1/parameters/local_networks': () => refuse('10.0.0.0/33', 'nonsense') })
  shown(<EditParameter of={parameter} close={() => {}} />)
  createWrapper().findTextarea()?.setTextareaValue(text)
  fireEvent.click(screen.getByRole('button', { name: 'Save' }))
  const first = await screen.findByRole('button', { name: 'To line 3' })
  const area = document.querySelector('textarea')
  const marked = () => area?.value.slice(area.selectionStart, area.selectionEnd)
  await waitFor(() => expect(marked()).toBe('10.0.0.0/33'))
  expect(document.activeElement).toBe(area)
  expect(first.closest('span')?.parentElement?.textContent).toContain('Line 3: “10.0.0.0/33” is not allowed')
  fireEvent.click(screen.getByRole('button', { name: 'To line 5' }))
  expect(marked()).toBe('nonsense')
}, 20_000)

test('where a line is', () => {
  expect([rangeOf('ab\n\ncde', 1), rangeOf('ab\n\ncde', 2), rangeOf('ab\n\ncde', 3)]).toEqual([[0, 2], [3, 3], [4, 7]])
})
