// The filter of detections as tokens of the filter bar, and back. A token is one place of the filter with its values; one that must not
// hold is a filter of `not` with a single place. What is more than that is one token as a whole.
import type { DetectionFilter } from '../api/names'
import { slots, type Slot } from './slots'

/** A token of the filter bar, as Cloudscape's PropertyFilter has it. Without a key: free text. */
export interface Token {
  propertyKey?: string
  operator: string
  value: string | string[]
}

/** What came of tokens: the filter, and what could not be taken over, in words. */
export interface Taken {
  filter: DetectionFilter
  problems: string[]
}

/** The key of the token that holds a filter as a whole, of which nothing may match. */
export const otherwise = 'not'

// Places whose values are chosen from a list: their tokens hold lists. Those of the others hold texts, with commas between values.
const listed = new Set(['type', 'category', 'tactic', 'technique', 'band', 'status', 'resolution', 'assignee', 'sensor'])

export const isListed = (key: string): boolean => listed.has(key)

// Where "is not" makes no sense for a person.
const positive = new Set(['hidden', 'score', 'start', 'update', 'modified'])

/** How a place is negated; undefined: not at all. */
export const negated = (s: Slot): string | undefined => (positive.has(s.key) ? undefined : `!${s.op}`)

const most = 16 // filters that `not` may hold

/** Writes values as one text with commas between, from which `split` reads them back. */
export const joined = (values: readonly string[], comma = ', '): string => values.map((v) => v.replace(/[\\,]/g, '\\$&')).join(comma)

/** Reads values with commas between; a comma or a backslash that is part of a value has a backslash before it. */
export function split(text: string): string[] {
  const out = text.match(/(?:\\[^]|[^,\\])+/g) ?? []
  return [...new Set(out.map((v) => v.replace(/\\([^])/g, '$1').trim()).filter((v) => v !== ''))]
}

/** Gives a filter without what says nothing, such as empty lists, and without what no filter may have. */
export function normalised(f: DetectionFilter): DetectionFilter {
  const out = bare(f)
  if (Array.isArray(f.not) && f.not.length > 0) out.not = f.not.map(bare)
  return out
}

function bare(f: DetectionFilter): DetectionFilter {
  const out: DetectionFilter = {}
  for (const s of slots) {
    const values: unknown = s.get(f)
    if (Array.isArray(values) && values.length > 0 && values.every((v) => typeof v === 'string')) s.put(out, values)
  }
  return out
}

/** Whether a filter says nothing. */
export const isEmpty = (f: DetectionFilter): boolean => Object.keys(normalised(f)).length === 0

const filled = (f: DetectionFilter) => slots.filter((s) => s.get(f).length > 0)

/** Gives the one place of a filter that may stand in a negated token; undefined where it says more, or less. */
export function single(f: DetectionFilter): Slot | undefined {
  const [one, ...more] = filled(f)
  return one && more.length === 0 && negated(one) ? one : undefined
}

/** Gives the tokens of a filter. */
export function filterTokens(f: DetectionFilter): Token[] {
  const out = filled(f).map((s) => token(s, s.op, s.get(f)))
  for (const n of f.not ?? []) {
    const s = single(n)
    out.push(s ? token(s, negated(s) ?? '', s.get(n)) : { propertyKey: otherwise, operator: '=', value: JSON.stringify(n) })
  }
  return out
}

function token(s: Slot, operator: string, values: readonly string[]): Token {
  if (s.key === '') return { operator, value: values[0] ?? '' }
  return { propertyKey: s.key, operator, value: isListed(s.key) ? [...values] : s.several ? joined(values) : (values[0] ?? '') }
}

/** Gives the filter of tokens. Values of several tokens for one place are put together: any of them may hold. */
export function tokenFilter(tokens: readonly Token[]): Taken {
  const taken: Taken = { filter: {}, problems: [] }
  const values = new Map<Slot, string[]>()
  for (const t of tokens) {
    if (t.propertyKey === otherwise) takeWhole(t, taken)
    else takeToken(t, taken, values)
  }
  for (const [s, list] of values) keep(taken.problems, s.put(taken.filter, s.several ? [...new Set(list)] : list.slice(-1)))
  const not = taken.filter.not ?? []
  if (not.length > most) keep(taken.problems, `At most ${most} things may be left out`)
  if (not.length > most) taken.filter.not = not.slice(0, most)
  return taken
}

/** Makes the change from the tokens that were shown to the next ones in those that there are now: a bar may be drawn later than they change. */
export function rebased(shown: readonly Token[], next: readonly Token[], now: readonly Token[]): readonly Token[] {
  const gone = missing(shown, next)
  return [...missing(now, gone), ...missing(missing(next, shown), now)]
}

// missing gives those of a list that another does not have.
const missing = (all: readonly Token[], from: readonly Token[]) => {
  const there = new Set(from.map(named))
  return all.filter((t) => !there.has(named(t)))
}

const named = (t: Token) => JSON.stringify([t.propertyKey, t.operator, t.value])

function takeToken(t: Token, taken: Taken, values: Map<Slot, string[]>): void {
  const key = t.propertyKey ?? ''
  const s = slots.find((s) => s.key === key && (s.op === t.operator || negated(s) === t.operator))
  if (!s) return keep(taken.problems, `${key || 'Text'} cannot be compared with ${t.operator}`)
  const list = valuesOf(s, t.value)
  if (list.length === 0) return
  if (s.op === t.operator) return void values.set(s, [...(values.get(s) ?? []), ...list])
  const n: DetectionFilter = {}
  const problem = s.put(n, list)
  keep(taken.problems, problem)
  if (problem === undefined) (taken.filter.not ??= []).push(n)
}

function valuesOf(s: Slot, value: string | string[]): string[] {
  if (Array.isArray(value)) return value
  return s.several ? split(value) : [value].filter((v) => v !== '')
}

function takeWhole(t: Token, taken: Taken): void {
  const n = wholeOf(String(t.value))
  if (n) (taken.filter.not ??= []).push(n)
  else keep(taken.problems, 'What is left out is no filter as JSON')
}

/** Reads a filter of JSON; what it has beyond what a filter may have is dropped. Undefined where it is no filter at all. */
export function wholeOf(text: string): DetectionFilter | undefined {
  try {
    const f: unknown = JSON.parse(text)
    return typeof f === 'object' && f !== null && !Array.isArray(f) ? normalised(f) : undefined
  } catch {
    return undefined
  }
}

function keep(problems: string[], problem: string | undefined): void {
  if (problem !== undefined) problems.push(problem)
}
