// The fields that records have, as the API lists them.
import { api, told, type Schemas } from '../api/client'
import { useRead, type Reading } from '../api/read'

export type Field = Schemas['RecordField']
export type FieldType = Field['type']

/** Reads the fields once: they change only with the version of the server. */
export function useFields(): Reading<Schemas['FieldList']> {
  return useRead(['record-fields'], (signal) => told(api.GET('/v1/records/fields', { signal })), { patience: Infinity })
}

/** The kinds of record there are, in the API's order. */
export const kindsOf = (fields: readonly Field[]): string[] => [...new Set(fields.flatMap((f) => f.kinds))]

/** The fields that any of the kinds has; of no kind, all. */
export const fieldsOf = (fields: readonly Field[], kinds: readonly string[]): Field[] =>
  fields.filter((f) => kinds.length === 0 || f.kinds.some((k) => kinds.includes(k)))

// Names that stand for several fields, and what the values of theirs are.
const standing: Readonly<Record<string, FieldType>> = { addr: 'address', port: 'number' }

/** The type of a field's values; text where there is no such field. */
export const typeOf = (fields: readonly Field[], name: string): FieldType => standing[name] ?? fields.find((f) => f.name === name)?.type ?? 'text'

const instead: Readonly<Record<string, string | undefined>> = { addr: 'id.orig_h', port: 'id.resp_p', host: 'query', any: undefined }

/** The field whose values can be counted for a name; undefined where there is none. */
export function countable(fields: readonly Field[], name: string): string | undefined {
  if (name in instead) return instead[name]
  return name === 'kind' || fields.some((f) => f.name === name && f.kinds.length > 0) ? name : undefined
}
