// What a map is of. It is always of something: all at once would be a ball of wool.
import type { Query } from '../../state/url'

export type Kind = 'address' | 'device' | 'vpc' | 'vni'

export interface Scope {
  kind: Kind
  value: string
}

export const kinds: readonly Kind[] = ['address', 'device', 'vpc', 'vni']

/** What the kinds are called. */
export const kindName: Record<Kind, string> = { address: 'Address or network', device: 'Device', vpc: 'VPC', vni: 'Observation point' }

/** Reads the scope off the page's query; undefined where there is none. */
export function scopeOf(q: Query): Scope | undefined {
  for (const kind of kinds) {
    const value = q[kind]
    if (value) return { kind, value }
  }
  return undefined
}

/** The change of the query that sets the scope, and forgets what belonged to the one before. */
export function toScope(s: Scope | undefined): Query {
  const none = Object.fromEntries(kinds.map((k) => [k, undefined]))
  return { ...none, ...(s ? { [s.kind]: s.value } : {}), expand: undefined, node: undefined, step: undefined }
}

const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/

function address(text: string): boolean {
  const m = v4.exec(text)
  if (m) return m.slice(1).every((n) => Number(n) <= 255)
  return /^[0-9a-f:.]{2,45}$/i.test(text) && (text.match(/:/g) ?? []).length >= 2
}

/** Whether it is an address, or a network as 10.0.0.0/8. */
export function isNetwork(text: string): boolean {
  const [host = '', bits, more] = text.split('/')
  if (more !== undefined || !address(host)) return false
  if (bits === undefined) return true
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (host.includes(':') ? 128 : 32)
}

/** Tells by its look what somebody typed; undefined where it is nothing. Whatever is no address, VPC or number is taken for the id of a device. */
export function readScope(typed: string): Scope | undefined {
  const text = typed.trim()
  if (!text || text.length > 256) return undefined
  if (isNetwork(text)) return { kind: 'address', value: text }
  if (/^vpc-[0-9a-z]+$/i.test(text)) return { kind: 'vpc', value: text }
  const vni = /^(?:vni[- ]?)?(\d{1,8})$/i.exec(text)?.[1]
  if (vni) return Number(vni) >= 1 && Number(vni) <= 16_777_215 ? { kind: 'vni', value: String(Number(vni)) } : undefined
  return { kind: 'device', value: text }
}

/** The scope in words: "VPC vpc-1". The value may be anybody's text. */
export const scopeText = (s: Scope): [string, string] => [s.kind === 'address' ? (s.value.includes('/') ? 'Network' : 'Address') : kindName[s.kind], s.value]
