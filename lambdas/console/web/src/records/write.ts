// Writing queries: values in quotes where they need them, and comparisons put behind what is there.
import { pieces, wordKind } from './lex'

export type Op = '=' | '!='

/** What a query may ask of one field. */
export interface Comparison {
  field: string
  op: Op
  value: string
}

const unquoted = /^[^\s"()=!<>~&|,\u0000-\u001f\u007f-\uffff]+$/
const hidden = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff]/g

/** Writes a value as the language reads it: a word as it is, anything else in quotes. A star within quotes still stands for anything. */
export function written(value: string): string {
  if (unquoted.test(value) && wordKind(value) === 'word') return value
  return `"${value.replace(/["\\]/g, '\\$&').replace(hidden, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`
}

// A text beyond this is asked for by its beginning: a query has an end.
const longest = 300

/** Writes a comparison: `id.orig_h = 10.1.2.3`. */
export function comparison({ field, op, value }: Comparison): string {
  return `${field} ${op} ${written(value.length > longest ? `${value.slice(0, longest).replace(/[\ud800-\udbff]$/, '')}*` : value)}`
}

/** Puts a comparison behind a query: both must hold. One that is there already is not put there twice; its opposite is replaced. */
export function narrowed(query: string, c: Comparison): string {
  const more = comparison(c)
  const text = query.trim()
  if (text === '') return more
  const parts = conjuncts(text)
  if (!parts) return `(${text}) and ${more}`
  if (parts.includes(more)) return text
  const opposite = comparison({ ...c, op: c.op === '=' ? '!=' : '=' })
  if (parts.includes(opposite)) return parts.map((p) => (p === opposite ? more : p)).join(' and ')
  return `${text} and ${more}`
}

// The parts of a query of which all must hold, as they are written; undefined where an `or` is outside all parentheses.
function conjuncts(text: string): string[] | undefined {
  const out: string[] = []
  let depth = 0
  let from = 0
  for (const p of pieces(text)) {
    if (p.kind === 'open') depth++
    if (p.kind === 'close') depth--
    if (depth > 0) continue
    if (p.kind === 'or') return undefined
    if (p.kind === 'and') {
      out.push(text.slice(from, p.from).trim())
      from = p.to
    }
  }
  return [...out, text.slice(from).trim()]
}

/** Writes that a field has any of some values. */
export function anyOf(field: string, values: readonly string[]): string {
  const [only] = values
  return values.length === 1 && only !== undefined ? `${field} = ${written(only)}` : `${field} in (${values.map(written).join(', ')})`
}
