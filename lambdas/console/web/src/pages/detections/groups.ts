// What a group of the API stands for. Pure.
import type { Schemas } from '../../api/client'
import type { DetectionFilter } from '../../api/names'
import { techniqueName } from '../../attack/techniques'
import { counted } from '../../ui/number'
import type { GroupBy } from './place'

type Group = Schemas['Group']

/** Gives the filter of what is in a group; undefined where no filter says it: nobody can ask for those without a victim. */
export function groupFilter(f: DetectionFilter, by: GroupBy, key: string): DetectionFilter | undefined {
  if (key === '') return undefined
  switch (by) {
    case 'type':
      return { ...f, types: [key] }
    case 'technique':
      return { ...f, techniques: [key] }
    case 'offender':
      return { ...f, offender: { ...f.offender, devices: [key] } }
    case 'victim':
      return { ...f, victim: { ...f.victim, devices: [key] } }
    case 'vpc':
      return { ...f, participant: { ...f.participant, vpcs: [key] } }
    default:
      return undefined
  }
}

/** Gives the name of a group, and what stands beside it. */
export function groupName(by: GroupBy, g: Pick<Group, 'key' | 'label'>): [name: string, beside: string] {
  if (g.key === '') return [`No ${by === 'vpc' ? 'VPC is known' : by}`, '']
  if (by === 'technique') return techniqueName(g.key) === g.key ? [g.key, ''] : [`${g.key} ${techniqueName(g.key)}`, '']
  const slash = g.key.lastIndexOf('/')
  if (g.label === g.key && slash > 0 && by !== 'type') return [g.key.slice(slash + 1), g.key.slice(0, slash)] // "vni-7/10.0.0.1": the address says more
  return by === 'type' || g.label === g.key ? [g.label, ''] : [g.label, g.key]
}

/** "6 detections, 5 open, 5 offenders": of what one groups by, the other side. */
export function groupCounts(by: GroupBy, g: Group): string {
  const other = by === 'offender' ? counted(g.victims, 'victim') : counted(g.offenders, 'offender')
  return `${counted(g.count, 'detection')}, ${g.open === g.count ? 'all' : g.open === 0 ? 'none' : g.open} open, ${other}`
}

/** The worst first, then the largest, then by name. */
export const worstFirst = (groups: readonly Group[]): Group[] =>
  [...groups].sort((a, b) => b.max_score - a.max_score || b.count - a.count || a.label.localeCompare(b.label))
