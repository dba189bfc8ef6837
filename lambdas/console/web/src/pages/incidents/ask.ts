// What the page asks the API.
import { api, told, type Schemas } from '../../api/client'
import { usePages, type Pages } from '../../api/pages'
import type { Span } from '../../state/span'
import { asked, type Filter } from './filter'

type Incident = Schemas['IncidentSummary']

/** The incidents of a span, page after page, each read when it is asked for. */
export const useIncidents = (f: Filter, span: Span): Pages<Incident> =>
  usePages<Incident>(['incidents', f, span.from, span.to], (cursor, signal) => told(api.GET('/v1/incidents', { signal, params: { query: asked(f, span, cursor) } })), { keep: true, id: (i) => i.id })
