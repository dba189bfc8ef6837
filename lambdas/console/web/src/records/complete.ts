// What may come next in a query, at the place where somebody types.
import { pieces, type Piece } from './lex'
import { typeOf, type Field, type FieldType } from './fields'
import { labelOf } from './columns'
import { written } from './write'

export type Want = 'operand' | 'field' | 'operator' | 'value' | 'joint' | 'list' | 'opening'

/** What is wanted at a place, and what of it is there already. */
export interface Place {
  want: Want
  field?: string
  typed: string
  from: number // of the text, what a suggestion takes the place of
  to: number
}

export interface Suggestion {
  insert: string
  note: string
}

interface State {
  want: Want
  field?: string
  listed?: boolean // within in (...)
}

/** Says what is wanted where the caret is. */
export function placeAt(text: string, caret: number): Place {
  let s: State = { want: 'operand' }
  for (const p of pieces(text)) {
    if (p.from >= caret) break
    if (p.to >= caret && touches(p, caret)) return { ...s, typed: text.slice(p.from, caret), from: p.from, to: p.to }
    s = after(s, p)
  }
  return { ...s, typed: '', from: caret, to: caret }
}

// Whoever is within a word, or at its end, is still writing it; behind a symbol or a closing quote something new begins.
const touches = (p: Piece, caret: number) =>
  p.to > caret || (p.kind === 'quoted' ? p.open === true : p.kind === 'word' || p.kind === 'and' || p.kind === 'or' || p.kind === 'not' || p.kind === 'operator')

// after is the state behind a piece. What makes no sense leaves it as it is: the API says what is wrong.
function after(s: State, p: Piece): State {
  switch (s.want) {
    case 'operand':
      if (p.kind === 'word') return p.text.toLowerCase() === 'exists' ? { want: 'field' } : { want: 'operator', field: p.text }
      return p.kind === 'quoted' || p.kind === 'close' ? { want: 'joint' } : s
    case 'field':
      return { want: 'joint' }
    case 'operator':
      return afterField(s, p)
    case 'opening':
      return p.kind === 'open' ? { want: 'value', field: s.field, listed: true } : s
    case 'value':
      return { ...s, want: s.listed ? 'list' : 'joint' }
    case 'list':
      return p.kind === 'comma' ? { ...s, want: 'value' } : p.kind === 'close' ? { want: 'joint' } : s
    case 'joint':
      return p.kind === 'and' || p.kind === 'or' ? { want: 'operand' } : s
  }
}

function afterField(s: State, p: Piece): State {
  if (p.kind === 'operator') return { want: 'value', field: s.field }
  if (p.kind === 'word' && p.text.toLowerCase() === 'in') return { want: 'opening', field: s.field }
  if (p.kind === 'and' || p.kind === 'or') return { want: 'operand' } // the word alone was sought in every text
  return p.kind === 'close' ? { want: 'joint' } : s
}

const operators: readonly [string, string, readonly FieldType[]][] = [
  ['=', 'is; * stands for any characters', ['text']], ['=', 'is, or is in the network', ['address']], ['=', 'is', ['number', 'time', 'interval', 'bool', 'list']],
  ['!=', 'is there, and is not', ['text', 'address', 'number', 'time', 'interval', 'bool', 'list']], ['~', 'has in it', ['text', 'address', 'list']],
  ['>', 'is more than', ['number', 'time', 'interval']], ['>=', 'is at least', ['number', 'time', 'interval']],
  ['<', 'is less than', ['number', 'time', 'interval']], ['<=', 'is at most', ['number', 'time', 'interval']],
  ['in (', 'is any of', ['text', 'address', 'number', 'list']], ['not in (', 'is none of', ['text', 'address', 'number', 'list']],
]

const typeWords: Record<FieldType, string> = {
  text: 'text', number: 'a number', time: 'a time: 2026-01-31T12:00:00Z', interval: 'a duration: 90s, 5m', address: 'an address or network', bool: 'true or false', list: 'a list',
}

const most = 12

/** Gives what may be put in, best first. `values` are those of the field, most frequent first. */
export function suggestions(p: Place, fields: readonly Field[], kinds: readonly string[], values: readonly { text: string; note: string }[]): Suggestion[] {
  switch (p.want) {
    case 'operand':
      return [...named(p, fields, kinds), ...words(p, [['not', 'what follows does not hold'], ['exists', 'the field is there'], ['(', 'several together']])].slice(0, most)
    case 'field':
      return named(p, fields, kinds).slice(0, most)
    case 'operator': {
      const type = typeOf(fields, p.field ?? '')
      return words(p, operators.filter(([, , types]) => types.includes(type)).map(([o, note]) => [o, note]))
    }
    case 'opening':
      return words(p, [['(', 'the values']])
    case 'value':
      return valued(p, fields, values)
    case 'list':
      return words(p, [[',', 'one more value'], [')', 'no more values']])
    case 'joint':
      return words(p, [['and', 'both hold'], ['or', 'either holds']])
  }
}

const words = (p: Place, all: readonly (readonly [string, string])[]): Suggestion[] =>
  all.filter(([w]) => w.startsWith(p.typed.toLowerCase()) && w !== p.typed).map(([insert, note]) => ({ insert, note }))

// Fields whose name begins so come first, then those that have it anywhere, or whose label does.
function named(p: Place, fields: readonly Field[], kinds: readonly string[]): Suggestion[] {
  const low = p.typed.toLowerCase()
  const here = fields.filter((f) => f.name !== p.typed && (kinds.length === 0 || f.kinds.length === 0 || f.kinds.some((k) => kinds.includes(k))))
  const rank = (f: Field) => (f.name.toLowerCase().startsWith(low) ? 0 : f.name.toLowerCase().includes(low) ? 1 : labelOf(f.name).toLowerCase().includes(low) ? 2 : 3)
  return here
    .map((f) => ({ f, at: rank(f) }))
    .filter((x) => x.at < 3)
    .sort((a, b) => a.at - b.at)
    .map(({ f }) => ({ insert: f.name, note: noteOf(f) }))
}

function noteOf(f: Field): string {
  if (f.description) return f.description
  const label = labelOf(f.name)
  const which = f.kinds.length > 3 ? `${f.kinds.length} kinds` : f.kinds.join(', ')
  return `${label === f.name ? '' : `${label}: `}${typeWords[f.type]}; ${which}`
}

function valued(p: Place, fields: readonly Field[], values: readonly { text: string; note: string }[]): Suggestion[] {
  const type = typeOf(fields, p.field ?? '')
  if (type === 'bool') return words(p, [['true', ''], ['false', '']])
  const low = p.typed.replace(/^"/, '').toLowerCase()
  return values
    .filter((v) => v.text.toLowerCase().includes(low) && v.text !== p.typed && v.text.length <= 200)
    .slice(0, most)
    .map((v) => ({ insert: written(v.text), note: v.note }))
}

/** Gives the text with a suggestion put in, and where the caret is then. */
export function completed(text: string, p: Place, s: Suggestion): { text: string; caret: number } {
  const before = text.slice(0, p.from)
  const glue = before === '' || /[\s(]$/.test(before) || s.insert === ',' || s.insert === ')' ? '' : ' '
  const rest = text.slice(p.to)
  const gap = s.insert.endsWith('(') || rest.startsWith(')') ? '' : ' '
  const head = `${before}${glue}${s.insert}${gap}`
  return { text: head + rest, caret: head.length }
}
