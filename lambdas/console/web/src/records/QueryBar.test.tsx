import { fireEvent, render, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { Problem } from '../api/client'
import type { Field } from './fields'
import { QueryBar } from './QueryBar'
import { spotOf } from './Trouble'

const fields: Field[] = [{ name: 'kind', type: 'text', kinds: [], description: "the record's log" }, { name: 'query', type: 'text', kinds: ['dns'] }]
const values = [{ text: 'dns', note: '396 records' }, { text: 'd\u202ens', note: '1 record' }]

function bar(query = '', problem?: Problem) {
  const run = vi.fn()
  render(<QueryBar query={query} fields={fields} kinds={[]} useValues={(f) => (f === 'kind' ? values : [])} problem={problem} run={run} />)
  return { run, input: screen.getByRole('combobox') as HTMLInputElement }
}

function type(input: HTMLInputElement, text: string) {
  input.focus()
  fireEvent.change(input, { target: { value: text, selectionStart: text.length } })
  fireEvent.select(input)
}

test('a query is written with what is offered, by the keyboard alone', () => {
  const { run, input } = bar()
  type(input, 'ki')
  expect(screen.getByRole('option', { name: /kind/ })).toBeTruthy()
  fireEvent.keyDown(input, { key: 'ArrowDown' })
  fireEvent.keyDown(input, { key: 'Enter' })
  expect(input.value).toBe('kind ')
  type(input, 'kind = ')
  expect(screen.getAllByRole('option').map((o) => o.textContent)).toEqual(['dns 396 records', '"d\\u202ens" 1 record'])
  fireEvent.keyDown(input, { key: 'ArrowDown' })
  fireEvent.keyDown(input, { key: 'Enter' })
  expect(input.value).toBe('kind = dns ')
  expect(run).not.toHaveBeenCalled()
  fireEvent.keyDown(input, { key: 'Escape' })
  fireEvent.keyDown(input, { key: 'Enter' })
  expect(run).toHaveBeenCalledWith('kind = dns')
})

test('Enter without a choice runs what is written', () => {
  const { run, input } = bar()
  type(input, 'ki')
  fireEvent.keyDown(input, { key: 'Enter' })
  expect(run).toHaveBeenCalledWith('ki')
})

const syntax = new Problem(400, 'The request makes no sense', 'query, at byte 8: got "and", want a value', [{ field: 'query', value: '"and"', allowed: 'a value (at byte 8)' }])
const unknown = new Problem(400, 'The request makes no sense', 'no field "qery"; did you mean query?', [{ field: 'query', value: 'qery', allowed: 'the name of a field: no field "qery"; did you mean query?' }])

test('what is wrong is shown at its place, counted in bytes by the API', () => {
  expect(spotOf('é_x = and b', syntax)).toEqual({ from: 7, to: 9, says: 'Here must be: a value.' })
  expect(spotOf('kind = dns and qery = 3', unknown)).toEqual({ from: 15, to: 19, says: 'No field "qery"; did you mean query?' })
  bar('kind = dns and qery = 3', unknown)
  expect(screen.getByRole('alert').textContent).toContain('did you mean query?')
  expect(document.querySelector('mark')?.textContent).toBe('qery')
  expect(screen.getByRole('combobox').getAttribute('aria-invalid')).toBe('true')
})
