// What a rule would hide, of what is stored. The rule itself has no time: the preview looks at the last thirty days.
import { useEffect, useState } from 'react'
import { api, told, type Schemas } from '../api/client'
import { useRead, type Reading } from '../api/read'
import type { DetectionFilter } from '../api/names'
import { isEmpty } from '../detections/filter'
import { useDenied } from '../state/me'
import { useNow } from '../state/now'
import { iso } from '../state/span'

export const previewDays = 30

/** A Foretold is what a rule would hide, beside all there is. */
export interface Foretold {
  preview: Schemas['Preview'] // what shows now and would be hidden
  all: number | undefined // what shows now; undefined where it was not counted
  hidden: number | undefined // what it matches that is hidden already, by it or by another rule
  complete: boolean
  why?: string
}

/** Gives the value once it has rested for as long. */
export function useRested<T>(value: T, ms: number): T {
  const [rested, set] = useState(value)
  useEffect(() => {
    const t = setTimeout(() => set(value), ms)
    return () => clearTimeout(t)
  }, [value, ms])
  return rested
}

/** Asks what a rule would hide, once nothing has been typed for 400 ms. Nothing is asked for a filter that means everything: the API refuses such a rule. */
export function useForetold(match: DetectionFilter): Reading<Foretold> {
  const denied = useDenied('previewTuningRule')
  const text = useRested(JSON.stringify(match), 400)
  const rested = JSON.parse(text) as DetectionFilter
  const from = iso(useNow(3_600_000) - (previewDays * 24 + 1) * 3_600_000)
  return useRead(['tuning-preview', text, from], (signal) => foretell({ ...rested, from: rested.from ?? from }, signal), { when: !denied && !isEmpty(rested), keep: true })
}

async function foretell(match: DetectionFilter, signal: AbortSignal): Promise<Foretold> {
  const count = (filter: DetectionFilter) => told(api.POST('/v1/detections/search', { signal, body: { filter, limit: 1, count: true } })).then((p) => p.total)
  const [preview, all, hidden] = await Promise.all([
    told(api.POST('/v1/tuning/preview', { signal, body: { match } })),
    count({ from: match.from, to: match.to }),
    count({ ...match, hidden: 'only' }),
  ])
  return { preview, all, hidden, complete: preview.complete, why: preview.why }
}

/** What is to be warned of. */
export type Warning = 'nothing' | 'everything' | 'most' | 'critical'

/** Says what is odd about what a rule would hide; the worst first. */
export function warnings(f: Foretold): Warning[] {
  const out: Warning[] = []
  const { total, by_type } = f.preview
  if (total === 0) return f.hidden ? [] : ['nothing']
  if (f.all !== undefined && total >= f.all && f.all > 1) out.push('everything')
  else if (f.all !== undefined && total * 2 > f.all && f.all >= 10) out.push('most')
  if (by_type.some((g) => g.max_score >= 80)) out.push('critical')
  return out
}
