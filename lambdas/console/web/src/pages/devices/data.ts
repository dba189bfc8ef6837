// What the list of devices reads.
import { api, told } from '../../api/client'
import type { Device } from '../../api/names'
import { usePages, type Pages } from '../../api/pages'
import { useRead, type Reading } from '../../api/read'
import { useNow } from '../../state/now'
import type { Query } from '../../state/url'
import { paramsOf } from './filter'

const pageSize = 1000

/** Reads the devices that the URL asks for, page by page. */
export function useDevices(q: Query): Pages<Device> {
  const now = useNow(5 * 60_000)
  const params = paramsOf(q, now)
  return usePages(['devices', params], (cursor, signal) => told(api.GET('/v1/devices', { params: { query: { ...params, limit: pageSize, cursor } }, signal })))
}

export interface Troubled {
  of: ReadonlyMap<string, { open: number; worst: number }>
  whole: boolean // a device that is not in it has none
}

const mostGroups = 1000

/** Counts the open detections of each device: two questions for all devices, however many there are. */
export function useTroubled(): Reading<Troubled> {
  return useRead(['detections', 'by-device'], async (signal) => {
    const asked = (['offender', 'victim'] as const).map((by) => told(api.POST('/v1/detections/groups', { body: { by, limit: mostGroups, filter: { statuses: ['open', 'acknowledged', 'in_progress'] } }, signal })))
    const lists = await Promise.all(asked)
    const of = new Map<string, { open: number; worst: number }>()
    for (const g of lists.flatMap((l) => l.items)) {
      const had = of.get(g.key)
      if (g.key !== '') of.set(g.key, { open: (had?.open ?? 0) + g.count, worst: Math.max(had?.worst ?? 0, g.max_score) })
    }
    return { of, whole: lists.every((l) => l.total <= l.items.length) }
  }, { patience: 60_000 })
}
