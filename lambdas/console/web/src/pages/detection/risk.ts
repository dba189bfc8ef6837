// The sum that a risk is, made plain: what adds up to it, and what is done with the sum.
import type { Schemas } from '../../api/client'

type Risk = Schemas['Risk']
type Term = Schemas['Term']

export interface Sum {
  terms: (Term & { share: number })[] // share: of the longest bar, 0 to 1
  sum: number
  held: boolean // the sum is outside 1 to 99, and held there
  odd: boolean // the terms do not come to the score: something is missing
}

export function sumOf(r: Risk): Sum {
  const terms = r.terms ?? []
  const longest = Math.max(1, ...terms.map((t) => Math.abs(t.points)))
  const sum = terms.reduce((s, t) => s + t.points, 0)
  const score = Math.min(99, Math.max(1, sum))
  return { terms: terms.map((t) => ({ ...t, share: Math.abs(t.points) / longest })), sum, held: score !== sum, odd: score !== r.score }
}

/** Points with their sign: +25, −10. */
export const signed = (n: number): string => (n < 0 ? `−${-n}` : `+${n}`)
