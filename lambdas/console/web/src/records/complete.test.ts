import { expect, test } from 'vitest'
import { completed, placeAt, suggestions } from './complete'
import type { Field } from './fields'

const fields: Field[] = [
  { name: 'addr', type: 'text', kinds: [], description: 'any address' },
  { name: 'kind', type: 'text', kinds: [], description: "the record's log" },
  { name: 'query', type: 'text', kinds: ['dns', 'tds'] },
  { name: 'query_bytes', type: 'number', kinds: ['dns'] },
  { name: 'answers', type: 'list', kinds: ['dns'] },
  { name: 'rejected', type: 'bool', kinds: ['dns'] },
  { name: 'orig_bytes', type: 'number', kinds: ['conn'] },
]

const at = (marked: string) => placeAt(marked.replace('|', ''), marked.indexOf('|'))
const offered = (marked: string, values: { text: string; note: string }[] = [], kinds: string[] = []) =>
  suggestions(at(marked), fields, kinds, values).map((s) => s.insert)

test('each place wants its own', () => {
  expect(at('|').want).toBe('operand')
  expect(at('que|')).toEqual({ want: 'operand', typed: 'que', from: 0, to: 3 })
  expect(at('query |')).toMatchObject({ want: 'operator', field: 'query' })
  expect(at('query = |')).toMatchObject({ want: 'value', field: 'query', typed: '' })
  expect(at('query = ev|il')).toMatchObject({ want: 'value', field: 'query', typed: 'ev', from: 8, to: 12 })
  expect(at('query = evil |').want).toBe('joint')
  expect(at('query = "evil"|').want).toBe('joint')
  expect(at('query = "ev|').want).toBe('value')
  expect(at('query = evil and |').want).toBe('operand')
  expect(at('(query = evil or not |').want).toBe('operand')
  expect(at('exists |').want).toBe('field')
  expect(at('exists query |').want).toBe('joint')
  expect(at('kind in |').want).toBe('opening')
  expect(at('kind in (|')).toMatchObject({ want: 'value', field: 'kind' })
  expect(at('kind in (dns |').want).toBe('list')
  expect(at('kind in (dns, |')).toMatchObject({ want: 'value', field: 'kind' })
  expect(at('kind not in (dns) |').want).toBe('joint')
  expect(at('"anything" |').want).toBe('joint')
})

test('fields that begin so come before those that have it within', () => {
  expect(offered('bytes|')).toEqual(['query_bytes', 'orig_bytes'])
  expect(offered('que|')).toEqual(['query', 'query_bytes'])
  expect(offered('q|', [], ['conn'])).toEqual([])
})

test('a field offers the operators that make sense of it', () => {
  expect(offered('rejected |')).toEqual(['=', '!='])
  expect(offered('query_bytes |')).toEqual(['=', '!=', '>', '>=', '<', '<=', 'in (', 'not in ('])
  expect(offered('addr |')).toEqual(['=', '!=', '~', 'in (', 'not in ('])
})

test('values come in quotes where the language needs them', () => {
  const values = [{ text: 'a b', note: '3' }, { text: '.evil.example', note: '2' }]
  expect(offered('query = |', values)).toEqual(['"a b"', '.evil.example'])
  expect(offered('query = "a|', values)).toEqual(['"a b"', '.evil.example'])
  expect(offered('rejected = |', values)).toEqual(['true', 'false'])
})

test('what is taken stands where the typed part was', () => {
  const take = (marked: string, insert: string) => {
    const text = marked.replace('|', '')
    const got = completed(text, at(marked), { insert, note: '' })
    return `${got.text.slice(0, got.caret)}|${got.text.slice(got.caret)}`
  }
  expect(take('que|', 'query')).toBe('query |')
  expect(take('query = ev|', '"a b"')).toBe('query = "a b" |')
  expect(take('qu| and kind = dns', 'query')).toBe('query | and kind = dns')
  expect(take('kind |', 'in (')).toBe('kind in (|')
  expect(take('kind in (dns|', 'ntp')).toBe('kind in (ntp |')
  expect(take('kind in (dns |', ')')).toBe('kind in (dns ) |')
  expect(take('query = "x"|', 'and')).toBe('query = "x" and |')
})
