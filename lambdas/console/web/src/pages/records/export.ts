// Exports of records: what the page shows, all of it.
import type { Export } from '../../ui/Download'
import { bodyOf, type Asked } from './asked'

/** The longest query that an export may have: it goes in the URL. */
export const longestQuery = 4096

const parts: Readonly<Record<string, readonly string[]>> = { from: ['id.orig_h', 'id.orig_p'], to: ['id.resp_h', 'id.resp_p'], kind: [], what: [] }

/** The fields that columns show. The kind is always there. */
export const fieldsShown = (columns: readonly string[]): string[] => [...new Set(columns.flatMap((c) => parts[c] ?? [c]))].slice(0, 50)

/** The exports that are offered. */
export function formatsOf(a: Asked, columns: readonly string[]): { text: string; of: () => Export }[] {
  const shown = columns.includes('what') ? [] : fieldsShown(columns)
  return [
    ...(shown.length > 0 ? [{ text: 'CSV: the columns shown', of: () => exportOf(a, 'csv', shown) }] : []),
    { text: 'CSV: who, when, and the whole record', of: () => exportOf(a, 'csv', []) },
    { text: 'JSON lines: the records as they were written', of: () => exportOf(a, 'jsonl', []) },
  ]
}

/** Where an export is. */
export function exportOf(a: Asked, format: 'csv' | 'jsonl', fields: readonly string[]): Export {
  const { query, from, to, kinds } = bodyOf(a)
  const q = new URLSearchParams({ format, from, to })
  if (query) q.set('query', query)
  for (const k of kinds ?? []) q.append('kind', k)
  for (const f of fields) q.append('fields', f)
  return { path: `/v1/records/export?${q.toString()}`, name: `records.${format}` }
}
