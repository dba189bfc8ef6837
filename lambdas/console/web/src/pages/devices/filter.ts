// Which devices are shown, as the URL says it, and as the filter's tokens say it.
import type { PropertyFilterProps } from '@cloudscape-design/components/property-filter'
import { iso, lengthOf } from '../../state/span'
import type { Query } from '../../state/url'

/** The parameters of the URL that are tokens of the filter; `text` is free text. */
export const properties = [
  ['address', 'Address or network'], ['role', 'Role'], ['high', 'High value'], ['service', 'Service or port it offers'], ['vpc', 'VPC'], ['account', 'AWS account'], ['vni', 'Network identifier (VNI)'],
] as const

type Name = (typeof properties)[number][0]
const names = properties.map(([n]) => n) as readonly string[]

export type Side = 'internal' | 'external' | 'all'

/** Which side is shown. Whoever seeks an address or a text means it wherever it is. */
export function sideOf(q: Query): Side {
  if (q.side === 'internal' || q.side === 'external' || q.side === 'all') return q.side
  return q.text || q.address ? 'all' : 'internal'
}

/** The tokens of a query of the URL. */
export function tokensOf(q: Query): PropertyFilterProps.Query {
  const tokens: PropertyFilterProps.Token[] = []
  if (q.text) tokens.push({ operator: ':', value: q.text })
  for (const n of names) {
    for (const value of n === 'address' ? (q[n] ?? '').split(',') : [q[n] ?? '']) if (value) tokens.push({ propertyKey: n, operator: '=', value })
  }
  return { tokens, operation: 'and' }
}

/** The URL's parameters for tokens: of a property that the API takes once the last counts, of addresses all. */
export function queryOf(tokens: readonly PropertyFilterProps.Token[]): Record<Name | 'text', string | undefined> {
  const out: Record<string, string | undefined> = Object.fromEntries([...names, 'text'].map((n) => [n, undefined]))
  for (const t of tokens) {
    const name = t.propertyKey ?? 'text'
    const value = String(t.value).trim()
    if (value === '' || !(name in out)) continue
    out[name] = name === 'address' && out.address ? `${out.address},${value}` : value
  }
  return out as Record<Name | 'text', string | undefined>
}

/** What the API is asked; what makes no sense is not. */
export function paramsOf(q: Query, now: number) {
  const side = sideOf(q)
  const seen = lengthOf(q.seen)
  const vni = /^\d+$/.test(q.vni ?? '') ? Number(q.vni) : 0
  return {
    text: q.text?.slice(0, 200) || undefined,
    address: q.address?.split(',').filter(Boolean).slice(0, 50),
    external: side === 'all' ? undefined : side === 'external',
    high_value: q.high === 'yes' ? true : q.high === 'no' ? false : undefined,
    role: q.role || undefined,
    vpc: q.vpc || undefined,
    account: q.account || undefined,
    service: q.service || undefined,
    vni: Number.isInteger(vni) && vni > 0 && vni < 2 ** 24 ? vni : undefined,
    seen_from: seen ? iso(now - seen) : undefined,
  }
}
