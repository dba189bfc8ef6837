// Saved views: the API keeps them, and this browser remembers which one it begins with.
import { useQueryClient } from '@tanstack/react-query'
import { api, told, type Schemas } from '../../api/client'
import { useRead, type Reading } from '../../api/read'
import { normalised } from '../../detections/filter'
import { remember, remembered } from '../../state/memory'
import { sorts, type Place } from './place'

export type ViewItem = Schemas['ViewItem']

/** All views that one may see: there are pages of them, and few. */
export function useViews(): Reading<ViewItem[]> {
  return useRead(
    ['views'],
    async (signal) => {
      const out: ViewItem[] = []
      let cursor: string | undefined
      do {
        const page = await told(api.GET('/v1/views', { params: { query: { limit: 1000, cursor } }, signal }))
        out.push(...page.items)
        cursor = page.next
      } while (cursor && out.length < 5000)
      return out.sort((a, b) => a.view.name.localeCompare(b.view.name))
    },
    { patience: 60_000 },
  )
}

const beginning = 'detections.view'

export const defaultView = (): string | undefined => remembered(beginning)
export const beginWith = (id: string | undefined): void => remember(beginning, id)

/** Gives the place of a view. What it does not say is as it always is. */
export const viewPlace = (v: ViewItem): Partial<Place> => ({
  filter: v.view.filter,
  sort: sorts.find((s) => s.id === v.view.sort)?.id ?? '-score',
  group: v.view.group,
  brush: undefined,
  saved: v.id,
  last: v.view.last,
})

/** Gives what is saved of a place, with a time up to now where one is to be kept. */
export const viewOf = (name: string, shared: boolean, p: Place, last?: string): Schemas['NewView'] => ({
  name: name.trim(),
  filter: normalised(p.filter),
  sort: p.sort,
  group: p.group,
  last,
  shared,
})

/** What is sent of a view that stays as it is. */
export const bodyOf = ({ view: v }: ViewItem): Schemas['NewView'] => ({ name: v.name, filter: v.filter, sort: v.sort, group: v.group, last: v.last, shared: v.shared })

/** Whether a place shows something other than the view that it began with. A view that keeps no time is the same at every time. */
export function differs(v: ViewItem, p: Place, last: string | undefined): boolean {
  const of = (x: Partial<Place>) => JSON.stringify([normalised(x.filter ?? {}), x.sort, x.group])
  return of(viewPlace(v)) !== of(p) || (v.view.last !== undefined && v.view.last !== last)
}

/** Says what is wrong with the name of a view. */
export function nameProblem(name: string, taken: readonly string[]): string | undefined {
  const n = name.trim()
  if (!n) return 'Give it a name'
  if (n.length > 128) return 'At most 128 characters'
  return taken.includes(n) ? 'You have a view of that name' : undefined
}

export interface Saver {
  create: (v: Schemas['NewView']) => Promise<ViewItem>
  put: (of: ViewItem, v: Schemas['NewView']) => Promise<ViewItem>
  remove: (of: ViewItem) => Promise<void>
}

/** Gives what changes saved views. */
export function useSaver(): Saver {
  const client = useQueryClient()
  const settled = async <T>(asked: Promise<T>): Promise<T> => {
    try {
      return await asked
    } finally {
      await client.invalidateQueries({ queryKey: ['views'] })
    }
  }
  const at = (of: ViewItem) => ({ path: { id: of.id }, header: { 'If-Match': `"${of.revision}"` } })
  return {
    create: (body) => settled(told(api.POST('/v1/views', { body }))),
    put: (of, body) => settled(told(api.PUT('/v1/views/{id}', { params: at(of), body }))),
    remove: (of) => settled(told(api.DELETE('/v1/views/{id}', { params: at(of) }))),
  }
}
