// Links into the page of records.
import { iso } from '../state/span'
import type { Query } from '../state/url'

interface Asked {
  query?: string // in the language of queries
  kinds?: readonly string[]
  from?: number // ms of the Unix epoch
  to?: number
  top?: string // the field whose values are counted
}

/** Where the page of records is. */
export const recordsPath = '/records'

/** Gives the query of the URL that shows certain records: <Go to={recordsPath} query={recordsQuery({query: 'uid = C1'})}>. */
export function recordsQuery({ query, kinds, from, to, top }: Asked): Query {
  return {
    q: query || undefined,
    kind: kinds?.length ? kinds.join(',') : undefined,
    from: from === undefined ? undefined : iso(from),
    to: to === undefined ? undefined : iso(to),
    top,
  }
}
