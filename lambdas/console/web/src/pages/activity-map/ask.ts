// What the page asks the API.
import { useQueries } from '@tanstack/react-query'
import { api, told, type Schemas } from '../../api/client'
import { useRead, type Reading } from '../../api/read'
import { iso, type Span } from '../../state/span'
import { heats, type Heat } from './heat'
import type { ActivityMap } from './merge'
import type { Scope } from './scope'

export type Grouping = 'device' | 'vpc' | 'subnet' | 'role' | 'tag'

export interface Question {
  group: Grouping
  tag?: string
  exclude: string[]
  limit: number
}

const scopeQuery = (s: Scope) => (s.kind === 'vni' ? { vni: Number(s.value) } : { [s.kind]: s.value })

/** The map of a scope; not asked while there is none, or no tag to group by. */
export function useSiteMap(scope: Scope | undefined, span: Span, q: Question): Reading<ActivityMap> {
  const ready = scope !== undefined && (q.group !== 'tag' || !!q.tag)
  const tag = q.group === 'tag' ? q.tag : undefined
  return useRead(
    ['activity-map', scope, span.from, span.to, { ...q, tag }],
    (signal) => told(api.GET('/v1/activity-map', { signal, params: { query: { from: iso(span.from), to: iso(span.to), ...scopeQuery(scope ?? { kind: 'vni', value: '1' }), group: q.group, tag, exclude: q.exclude, limit: q.limit } } })),
    { when: ready, keep: true, patience: 60_000 },
  )
}

export interface Expanded {
  id: string // of the node
  map?: ActivityMap
  failed?: string
  again: () => void
}

/** The maps of the nodes that are expanded, each by itself: one that fails does not take the others away. */
export function useExpanded(ids: readonly string[], ask: (id: string) => { device: string } | { address: string }, span: Span, q: Question): Expanded[] {
  return useQueries({
    queries: ids.map((id) => ({
      queryKey: ['activity-map', 'of', id, span.from, span.to, q.exclude, q.limit],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        told(api.GET('/v1/activity-map', { signal, params: { query: { from: iso(span.from), to: iso(span.to), ...ask(id), exclude: q.exclude, limit: q.limit } } })),
      staleTime: 60_000,
    })),
    combine: (all) => all.map((r, i) => ({ id: ids[i] ?? '', map: r.data, failed: r.error?.message, again: () => void r.refetch() })),
  })
}

type Groups = Schemas['GroupList']

/** The heat of nodes in the whole span: who takes part in detections. */
export function useHeat(span: Span, vpcs: boolean): Reading<Map<string, Heat>> {
  const ask = (by: Schemas['GroupBy'], signal: AbortSignal): Promise<Groups> =>
    told(api.POST('/v1/detections/groups', { signal, body: { by, limit: 1000, filter: { from: iso(span.from), to: iso(span.to) } } }))
  return useRead(
    ['detections', 'heat', vpcs, span.from, span.to],
    async (signal) => {
      if (vpcs) return heats([], [], (await ask('vpc', signal)).items)
      const [offenders, victims] = await Promise.all([ask('offender', signal), ask('victim', signal)])
      return heats(offenders.items, victims.items)
    },
    { keep: true, patience: 60_000 },
  )
}
