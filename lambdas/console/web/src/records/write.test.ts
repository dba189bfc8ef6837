import { expect, test } from 'vitest'
import { pieces, placeOf } from './lex'
import { anyOf, comparison, narrowed, written } from './write'

test('a value is in quotes only where the language needs it', () => {
  expect(written('10.20.0.0/16')).toBe('10.20.0.0/16')
  expect(written('::1')).toBe('::1')
  expect(written('and')).toBe('"and"')
  expect(written('')).toBe('""')
  expect(written('a "b" \\ c')).toBe('"a \\"b\\" \\\\ c"')
  expect(written('x\u202egpj\n')).toBe('"x\\u202egpj\\u000a"')
  expect(written('münchen')).toBe('"münchen"')
})

test('what is written is read back as one value', () => {
  for (const value of ['10.1.2.3', 'or', 'a b', '"', '\\', 'x\u202e\u0000y', '(1)', 'a,b', 'é', '|', 'C1:x=']) {
    const p = pieces(written(value))
    expect(p.map((x) => x.text), value).toEqual([value])
  }
})

test('a long value is asked for by its beginning', () => {
  const q = comparison({ field: 'uri', op: '=', value: `/${'x'.repeat(10_000)}` })
  expect(q).toBe(`uri = "/${'x'.repeat(299)}*"`.replaceAll('"', ''))
})

test('a comparison goes behind what is there, and means what it says', () => {
  const c = { field: 'kind', op: '=', value: 'dns' } as const
  expect(narrowed('  ', c)).toBe('kind = dns')
  expect(narrowed('port = 53', c)).toBe('port = 53 and kind = dns')
  expect(narrowed('port = 53 or port = 5353', c)).toBe('(port = 53 or port = 5353) and kind = dns')
  expect(narrowed('(port = 53 or port = 5353)', c)).toBe('(port = 53 or port = 5353) and kind = dns')
  expect(narrowed('"a or b"', c)).toBe('"a or b" and kind = dns')
  expect(narrowed('port = 53 and kind = dns', c)).toBe('port = 53 and kind = dns')
  expect(narrowed('kind != dns and port = 53', c)).toBe('kind = dns and port = 53')
})

test('several values of a field', () => {
  expect(anyOf('uid', ['C1'])).toBe('uid = C1')
  expect(anyOf('uid', ['C1', 'C 2'])).toBe('uid in (C1, "C 2")')
})

test('a place in bytes is found in the text', () => {
  const text = 'é 😀 = x'
  expect(placeOf(text, 0)).toBe(0)
  expect(placeOf(text, new TextEncoder().encode('é 😀 ').length)).toBe('é 😀 '.length)
  expect(placeOf(text, 1000)).toBe(text.length)
})
