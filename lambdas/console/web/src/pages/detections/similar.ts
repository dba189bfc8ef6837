// The tuning rule that hides what is like the detections that somebody selected. Pure.
import type { Detection, DetectionFilter, TuningRule } from '../../api/names'
import { visible } from '../../ui/Wire'
import { partiesOf } from './Parties'

const most = 50 // devices that a filter may name

/** Gives the filter of what several detections have in common: their types, and by whom they are, or else whom they are against. */
export function commonFilter(all: readonly Detection[]): DetectionFilter {
  const types = [...new Set(all.map((d) => d.type))].slice(0, 100)
  const offenders = devices(all, 'offender')
  if (offenders) return { types, offender: { devices: offenders } }
  const victims = devices(all, 'victim')
  return victims ? { types, victim: { devices: victims } } : { types }
}

// devices gives the devices of a role; undefined where one has none, or where they are too many to be named.
function devices(all: readonly Detection[], role: 'offender' | 'victim'): string[] | undefined {
  const each = all.map((d) =>
    partiesOf(d, role)
      .map((p) => p.device)
      .filter((id): id is string => !!id),
  )
  const list = [...new Set(each.flat())]
  return each.every((ids) => ids.length > 0) && list.length <= most ? list : undefined
}

/** Gives the rule to begin with. */
export function ruleOf(all: readonly Detection[]): TuningRule {
  const [first] = all
  const one = first && all.every((d) => d.type === first.type) ? visible(first.title, 60) : 'Several types'
  const [who] = first ? partiesOf(first, 'offender') : []
  const by = who && commonFilter(all).offender?.devices?.length === 1 ? ` by ${visible(who.hostname || who.address, 50)}` : ''
  return { name: one + by, enabled: true, match: commonFilter(all) }
}
