// What detections have at a place, as the groups of the API tell it.
import { api, told, type Schemas } from '../api/client'
import { useRead, type Reading } from '../api/read'

/** Asks for the values of a place; undefined: for none. */
export const useValues = (by: Schemas['GroupBy'] | undefined): Reading<Schemas['GroupList']> =>
  useRead(
    ['detections', 'values', by],
    (signal) => told(api.POST('/v1/detections/groups', { body: { by: by ?? 'type', limit: 200, filter: { hidden: 'include' } }, signal })),
    { when: by !== undefined, patience: 60_000 },
  )
