// The order of the devices that were read. The API gives them by id; what is sorted is what is here.
import type { Device } from '../../api/names'
import { isHighValue, nameOf, roleOf } from '../../devices/device'

export const columns = ['name', 'address', 'role', 'value', 'detections', 'last', 'peers', 'offers', 'first', 'vpc', 'account', 'instance', 'interface', 'vni', 'tags'] as const
export type Column = (typeof columns)[number]

export interface Order {
  by: Column
  down: boolean
}

/** Reads "-last" or "name". */
export function orderOf(text: string | undefined): Order {
  const by = (text ?? '').replace(/^-/, '')
  return (columns as readonly string[]).includes(by) ? { by: by as Column, down: text?.startsWith('-') === true } : { by: 'last', down: true }
}

export const orderText = (o: Order): string | undefined => (o.by === 'last' && o.down ? undefined : `${o.down ? '-' : ''}${o.by}`)

type Key = string | number

/** What a device is sorted by. */
function keyOf(d: Device, by: Column, detections: ReadonlyMap<string, { open: number; worst: number }>): Key {
  switch (by) {
    case 'name': return nameOf(d).toLowerCase()
    case 'address': return `${d.address} ${d.id}`
    case 'role': return roleOf(d)
    case 'value': return isHighValue(d) ? 1 : 0
    case 'detections': return (detections.get(d.id)?.worst ?? -1) * 10_000 + Math.min(9_999, detections.get(d.id)?.open ?? 0)
    case 'peers': return d.peers
    case 'offers': return d.offers?.length ?? 0
    case 'last': return Date.parse(d.last_seen)
    case 'first': return Date.parse(d.first_seen)
    case 'vni': return d.vni ?? 0
    case 'tags': return Object.keys(d.tags ?? {}).length
    case 'vpc': return d.vpc ?? ''
    case 'account': return d.account ?? ''
    case 'instance': return d.instance ?? ''
    case 'interface': return d.interface ?? ''
  }
}

/** Sorts devices; those that are alike stay in the API's order. */
export function ordered(devices: readonly Device[], o: Order, detections: ReadonlyMap<string, { open: number; worst: number }>): Device[] {
  const keyed = devices.map((d) => ({ d, key: keyOf(d, o.by, detections) }))
  const way = o.down ? -1 : 1
  return keyed.sort((a, b) => way * compare(a.key, b.key)).map((k) => k.d)
}

const compare = (a: Key, b: Key): number => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true }))
