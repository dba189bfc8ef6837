import { api, told } from '../api/client'
import { useRead, type Reading } from '../api/read'
import type { Schemas } from '../api/client'

/** The types of detection there are. They change with the version only, or with a parameter. */
export function useCatalogue(): Reading<Schemas['Catalogue']> {
  return useRead(['catalogue'], (signal) => told(api.GET('/v1/catalogue', { signal })), { patience: 5 * 60_000 })
}
