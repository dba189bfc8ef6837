// The filter of detections in the URL: a parameter for each place, so that a link says what it shows; what is more than that as JSON.
import type { DetectionFilter } from '../api/names'
import type { Query } from '../state/url'
import { joined, normalised, single, split, wholeOf } from './filter'
import { slots } from './slots'

const rest = 'filter'
const not = (name: string) => `not.${name}`

/** Gives the parameters of a filter. All there are: those that it does not need are undefined, so that older ones go. */
export function filterQuery(f: DetectionFilter): Query {
  const out: Record<string, string | undefined> = Object.fromEntries(
    slots.flatMap((s) => [
      [s.name, undefined],
      [not(s.name), undefined],
    ]),
  )
  const left: DetectionFilter[] = []
  for (const s of slots) out[s.name] = s.get(f).length > 0 ? written(s.several, s.get(f)) : undefined
  for (const n of f.not ?? []) {
    const s = single(n)
    const name = s && not(s.name)
    if (s && name && out[name] === undefined) out[name] = written(s.several, s.get(n))
    else left.push(normalised(n))
  }
  return { ...out, [rest]: left.length > 0 ? JSON.stringify({ not: left }) : undefined }
}

const written = (several: boolean, values: readonly string[]) => (several ? joined(values, ',') : values[0])

/** Gives the filter of parameters. What makes no sense is left out. */
export function queryFilter(q: Query): DetectionFilter {
  const f: DetectionFilter = {}
  const left: DetectionFilter[] = []
  for (const s of slots) {
    const read = (text: string | undefined, into: DetectionFilter) => {
      const values = text === undefined ? [] : s.several ? split(text) : [text]
      return values.length > 0 && s.put(into, values) === undefined
    }
    read(q[s.name], f)
    const n: DetectionFilter = {}
    if (read(q[not(s.name)], n)) left.push(n)
  }
  const whole = wholeOf(q[rest] ?? '{}') ?? {}
  const all = [...left, ...(whole.not ?? [])]
  return { ...whole, ...f, ...(all.length > 0 ? { not: all } : {}) }
}
