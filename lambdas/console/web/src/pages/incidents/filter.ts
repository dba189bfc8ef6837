// What the list of incidents shows, in the URL: text, participant, bands, sort. What makes no sense is left out.
import type { Band } from '../../api/names'
import type { operations } from '../../api/schema'
import { iso, type Span } from '../../state/span'
import type { Query } from '../../state/url'
import { bands } from '../../ui/Band'

export type Sort = '-start' | '-score'

export interface Filter {
  text: string
  participant: string
  bands: Band[]
  sort: Sort
}

export const readFilter = (q: Query): Filter => ({
  text: (q.text ?? '').slice(0, 200),
  participant: (q.participant ?? '').slice(0, 300),
  bands: bands.filter((b) => (q.band ?? '').split(',').includes(b)),
  sort: q.sort === '-score' ? '-score' : '-start',
})

export const writeFilter = (f: Partial<Filter>): Query => {
  const out: Record<string, string | undefined> = {}
  if (f.text !== undefined) out.text = f.text.trim() || undefined
  if (f.participant !== undefined) out.participant = f.participant.trim() || undefined
  if (f.bands !== undefined) out.band = f.bands.join(',') || undefined
  if (f.sort !== undefined) out.sort = f.sort === '-start' ? undefined : f.sort
  return out
}

export type Asked = NonNullable<operations['listIncidents']['parameters']['query']>

/** What is asked of the API. A text of fewer than three letters is not: the API wants three. */
export const asked = (f: Filter, span: Span, cursor?: string): Asked => ({
  from: iso(span.from), to: iso(span.to), sort: f.sort, limit: 50, cursor,
  text: f.text.length >= 3 ? f.text : undefined,
  participant: f.participant ? [f.participant] : undefined,
  band: f.bands.length > 0 ? f.bands : undefined,
})

/** Whether anything is filtered: what an empty list says depends on it. */
export const filtered = (f: Filter): boolean => f.text.length >= 3 || f.participant !== '' || f.bands.length > 0
