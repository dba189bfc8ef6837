// A list as text, one value a line, and the place in it that the API refuses.
import type { Problem } from '../../../api/client'

/** Reads values off lines; what is blank is none. */
export const valuesOf = (text: string): string[] => text.split('\n').map((l) => l.trim()).filter(Boolean)

/** Where a problem is: its line (from 1 on) where it is one, and what is allowed. */
export interface Refused {
  line?: number
  text: string
}

/** Says what the API refused, at its line. The API names the value, or its place among the values. What is allowed is left out where it stands at the field anyway. */
export function refused(p: Problem | undefined, text: string, allowed?: string): Refused[] {
  if (!p) return []
  if (p.errors.length === 0) return [{ text: p.message }]
  const lines = text.split('\n').map((l) => l.trim())
  const filled = lines.flatMap((l, i) => (l ? [i + 1] : []))
  return p.errors.map((e) => {
    const place = /^values\.(\d+)/.exec(e.field)?.[1]
    const at = place !== undefined ? filled[Number(place)] : lines.indexOf(e.value) + 1 || undefined
    const value = e.value ? `“${e.value}”` : 'it'
    return { line: at, text: e.allowed === allowed ? `${value} is not allowed` : `${value}: allowed is ${e.allowed}` }
  })
}

/** The refusal as one text for a field. */
export const refusedText = (r: Refused[]): string | undefined =>
  r.map((one) => (one.line ? `Line ${one.line}: ${one.text}` : one.text)).join('; ') || undefined

/** Where a line is in a text: from its first character to behind its last. */
export function rangeOf(text: string, line: number): [number, number] {
  const lines = text.split('\n')
  const from = lines.slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0)
  return [from, from + (lines[line - 1]?.length ?? 0)]
}
