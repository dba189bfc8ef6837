// Devices as rows of a file: those that were read, in the order that is shown.
import type { Device } from '../../api/names'
import { isHighValue, nameOf, roleBasis, roleOf } from '../../devices/device'
import type { Cell } from '../../export/rows'
import type { Troubled } from './data'

const head = [
  'id', 'name', 'address', 'external', 'role', 'role_basis', 'high_value', 'open_detections', 'worst_score', 'peers', 'offers', 'first_seen', 'last_seen', 'vpc', 'account', 'instance', 'interface', 'vni', 'mac', 'tags', 'note',
]

/** Gives the heading and the rows. */
export function rowsOf(devices: readonly Device[], troubled: Troubled | undefined): [string[], Cell[][]] {
  return [head, devices.map((d) => {
    const t = troubled?.of.get(d.id)
    return [
      d.id, nameOf(d), d.address, String(d.external), roleOf(d), roleBasis(d)?.sure, String(isHighValue(d)), t?.open ?? (troubled?.whole ? 0 : undefined), t?.worst, d.peers,
      d.offers?.map((s) => `${s.proto}/${s.port}${s.name ? ` ${s.name}` : ''}`).join('; '), d.first_seen, d.last_seen, d.vpc, d.account, d.instance, d.interface, d.vni, d.mac,
      Object.entries(d.tags ?? {}).map(([k, v]) => `${k}=${v}`).join('; '), d.overrides.note,
    ]
  })]
}
