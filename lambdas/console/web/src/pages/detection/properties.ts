// What a detector measured, as a person reads it. Each detector has names of its own: what they end in says what they count.
import { bytes, digits } from '../../ui/number'
import { lasting } from '../../state/zone'
import { plain } from './words'

/** One of them. `values` are from the wire where `ours` is false. */
export interface Property {
  name: string
  values: string[]
  ours: boolean
  mono: boolean
}

const codes = /^(ja3s?|ja4s?|hassh|.*fingerprint|.*hash|.*serial|path|page|uri|filter|example|lookup|command|prompt)s?$/
const sizes = /(^|_)bytes(_|$)|_bytes$/
const ratios = /(^|_)(jitter|share|ratio|loss)$/

/** Gives the properties that say something: what is empty is left out, and zero is not empty. */
export function propertiesOf(all: Readonly<Record<string, unknown>> | undefined): Property[] {
  return Object.entries(all ?? {}).flatMap(([key, value]): Property[] => {
    const values = listOf(value).map((v) => written(key, v)).filter((v) => v !== '')
    if (values.length === 0) return []
    return [{ name: plain(key.replace(/_seconds$/, '')), values, ours: typeof value === 'number' || typeof value === 'boolean', mono: codes.test(key) }]
  })
}

function listOf(value: unknown): unknown[] {
  if (value === null || value === undefined || value === '') return []
  if (Array.isArray(value)) return value
  if (typeof value === 'object') return Object.entries(value).map(([k, v]) => `${k}: ${typeof v === 'object' ? JSON.stringify(v) : String(v)}`)
  return [value]
}

function written(key: string, v: unknown): string {
  if (typeof v === 'boolean') return v ? 'yes' : 'no'
  if (typeof v === 'number') return numberText(key, v)
  return typeof v === 'object' && v !== null ? JSON.stringify(v) : String(v ?? '')
}

function numberText(key: string, n: number): string {
  if (key.endsWith('_seconds') || key === 'seconds') return n < 60 ? `${digits(Math.round(n * 100) / 100)} s` : lasting(n * 1000)
  if (sizes.test(key)) return n >= 1000 ? `${bytes(n)} (${digits(n)})` : bytes(n)
  if (ratios.test(key) && n >= 0 && n <= 1) return `${digits(Math.round(n * 1000) / 10)} %`
  if (/(^|_)(port|vni|code|version|type)$/.test(key)) return String(n) // names, not counts
  return digits(Math.round(n * 1000) / 1000)
}
