// One value of a record. Whoever sent the packets chose most of them.
import type { ReactNode } from 'react'
import { Go } from '../ui/Link'
import { bytes, digits } from '../ui/number'
import { Time } from '../ui/Time'
import { Wire } from '../ui/Wire'
import { lookOf } from './columns'
import { deviceQuery } from './device'

interface Props {
  field: string
  value: unknown
  vni?: unknown // under which an address was heard
  whole?: boolean // offer all of a long text, and every digit of a number
  length?: number
}

/** Shows a value of a record as its field is read best. */
export function Value({ field, value, vni, whole, length = 80 }: Props): ReactNode {
  if (value === undefined || value === null) return <span className="mw-dim">–</span>
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return <Count field={field} n={value} whole={whole} />
  if (Array.isArray(value)) return <Several field={field} values={value} whole={whole} length={length} />
  if (typeof value === 'object') return <Wire mono whole={whole} length={length}>{JSON.stringify(value)}</Wire>
  const text = String(value)
  if (lookOf(field) === 'address') return <Address address={text} vni={vni} />
  return <Wire whole={whole} length={length} mono={codes.test(field)}>{text}</Wire>
}

const codes = /^(uid|ja3s?|ja4s?|hassh.*|community_id|.*fps?|.*fingerprint|.*_l2_addr|mac|history|uri|.*serial)$/

/** An address that leads to its device. */
export function Address({ address, vni, port }: { address: string; vni?: unknown; port?: unknown }): ReactNode {
  const shown = typeof port === 'number' && port > 0 // what has no ports says 0
  const six = shown && address.includes(':')
  return (
    <span className="mw-address">
      {six && <span className="mw-mono mw-dim">[</span>}
      <Go to={`/devices/${encodeURIComponent(address)}`} query={deviceQuery(vni)}><Wire mono length={45}>{address}</Wire></Go>
      {shown && <span className="mw-mono mw-dim">{six && ']'}:{port}</span>}
    </span>
  )
}

function Count({ field, n, whole }: { field: string; n: number; whole?: boolean }): ReactNode {
  switch (lookOf(field)) {
    case 'time':
      return <Time at={n * 1000} fine />
    case 'span':
      return <span className="mw-number" title={`${n} s`}>{spanText(n)}</span>
    case 'bytes':
      return <span className="mw-number" title={`${digits(n)} bytes`}>{whole && n >= 1000 ? `${bytes(n)} (${digits(n)})` : bytes(n)}</span>
  }
  // Ports, codes and numbers of versions are names: no commas in them.
  return <span className="mw-number">{n < 100_000 && Number.isInteger(n) ? String(n) : digits(n)}</span>
}

/** Writes seconds so that short ones can be told apart: 0.4 ms, 152 ms, 3.1 s, 12 min. */
export function spanText(s: number): string {
  if (s === 0) return '0 s'
  if (s < 0.001) return `${(s * 1e6).toFixed(0)} µs`
  if (s < 0.01) return `${(s * 1000).toFixed(1)} ms`
  if (s < 1) return `${(s * 1000).toFixed(0)} ms`
  if (s < 60) return `${s.toFixed(1)} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${Math.round(s % 60)} s`
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
}

const fewest = 3

function Several({ field, values, whole, length }: { field: string; values: unknown[]; whole?: boolean; length: number }): ReactNode {
  if (values.length === 0) return <span className="mw-dim">none</span>
  const shown = whole ? values.slice(0, 200) : values.slice(0, fewest)
  return (
    <span className="mw-several">
      {shown.map((v, i) => <span key={i}><Value field={field} value={v} length={whole ? length : 40} whole={whole} />{i < shown.length - 1 && ', '}</span>)}
      {values.length > shown.length && <span className="mw-dim"> and {digits(values.length - shown.length)} more</span>}
    </span>
  )
}
