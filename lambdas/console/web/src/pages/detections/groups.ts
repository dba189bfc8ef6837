// What a group of the API stands for. Pure.
import type { Schemas } from '../../api/client'
import type { DetectionFilter } from '../../api/names'
import { techniqueName } from '../../attack/techniques'
import { counted } from '../../ui/number'
import type { GroupBy } from './place'

type Group = Schemas['Group']

/** Gives the filter of what is in a group of a list; undefined where none says it. */
export function groupFilter(f: DetectionFilter, by: GroupBy, key: string, list: Pick<Schemas['GroupList'], 'items' | 'total'>): DetectionFilter | undefined {
  return key === '' ? noneFilter(f, by, list) : keyFilter(f, by, key)
}

const [mostNots, mostValues] = [16, 50] // of a filter, and of a list in it

// Those that are in no group: in none of all the others, where all of them are listed.
function noneFilter(f: DetectionFilter, by: GroupBy, list: Pick<Schemas['GroupList'], 'items' | 'total'>): DetectionFilter | undefined {
  const keys = list.items.map((g) => g.key).filter((key) => key !== '')
  const not = [...(f.not ?? [])]
  if (list.items.length < (list.total ?? 0)) {
    if (by !== 'offender' && by !== 'victim') return undefined
    return { ...f, not: [...not, { [by]: { external: true } }, { [by]: { external: false } }] } // whoever there is, is within or without
  }
  for (let i = 0; i < keys.length; i += mostValues) not.push(keysFilter(by, keys.slice(i, i + mostValues)))
  return not.length > mostNots ? undefined : { ...f, not }
}

function keysFilter(by: GroupBy, keys: string[]): DetectionFilter {
  switch (by) {
    case 'technique':
      return { techniques: keys }
    case 'offender':
      return { offender: { devices: keys } }
    case 'victim':
      return { victim: { devices: keys } }
    case 'vpc':
      return { participant: { vpcs: keys } }
    default:
      return { types: keys }
  }
}

function keyFilter(f: DetectionFilter, by: GroupBy, key: string): DetectionFilter | undefined {
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
export function groupName(by: GroupBy, g: Pick<Group, 'key' | 'label'>, others: readonly Pick<Group, 'key'>[] = []): [name: string, beside: string] {
  if (g.key === '') return [`No ${by === 'vpc' ? 'VPC is known' : by}`, '']
  if (by === 'technique') {
    const beside = others.some((o) => o.key.startsWith(`${g.key}.`)) ? 'opens with its sub-techniques' : '' // the API means them too, and counts them apart
    return [techniqueName(g.key) === g.key ? g.key : `${g.key} ${techniqueName(g.key)}`, beside]
  }
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
