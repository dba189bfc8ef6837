// Where one can go from a record of the evidence: more of the same conversation, client, server, name, fingerprint.
import type { Schemas } from '../../api/client'
import type { Detection } from '../../api/names'
import { anyOf, comparison } from '../../records/write'
import type { Scope } from './read'

type Rec = Schemas['Record']

export interface Pivot {
  id: string
  text: string
  value: string // what is the same, as it was on the wire
  query: string // in the language of queries
}

const fields: [id: string, text: string, names: string[]][] = [
  ['uid', 'This conversation', ['uid']],
  ['client', 'This client', ['id.orig_h']],
  ['server', 'This server', ['id.resp_h']],
  ['name', 'The same server name', ['server_name', 'host', 'query']],
  ['ja4', 'The same JA4', ['ja4']],
  ['agent', 'The same user agent', ['user_agent']],
]

/** Gives what a record can be followed by. What it has not is not offered. */
export function pivotsOf(r: Rec): Pivot[] {
  const record = r.record as Record<string, unknown>
  return fields.flatMap(([id, text, names]) => {
    const field = names.find((n) => typeof record[n] === 'string' && record[n] !== '')
    const value = field && String(record[field])
    return field && value ? [{ id, text, value, query: comparison({ field, op: '=', value }) }] : []
  })
}

/** The query that gives the records of the panel in the page of records; undefined where there is nothing to ask by. */
export function queryOf(d: Detection, scope: Scope): string | undefined {
  if (scope === 'evidence') return d.evidence.uids?.length ? anyOf('uid', d.evidence.uids) : undefined
  const of = (role: string) => [...new Set((d.participants ?? []).filter((p) => p.role === role && p.address).map((p) => p.address))].slice(0, 64)
  const parts = [of('offender'), of('victim')].filter((a) => a.length > 0).map((a) => anyOf('addr', a))
  return parts.length > 0 ? parts.join(' and ') : undefined
}

/** The time in which the evidence lies, with a little to each side, as the API looks for it. */
export function spanOf(d: Detection): { from: number; to: number } {
  const times = [d.start, d.update, d.evidence.start, d.evidence.end].map((t) => Date.parse(t)).filter((t) => t > 0)
  return { from: Math.min(...times) - 300_000, to: Math.max(...times) + 300_000 }
}
