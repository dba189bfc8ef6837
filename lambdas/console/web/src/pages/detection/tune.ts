// The tuning rule that a detection suggests: this type, by this offender, against this victim.
import type { Detection, Participant, ParticipantFilter, TuningRule } from '../../api/names'
import { visible } from '../../ui/Wire'

/** More than so many of a side are not listed: a rule that names fifty victims is about the offender. */
const most = 5

/** Gives the rule that the form begins with. */
export function suggested(d: Detection): TuningRule {
  const [offenders, victims] = [side(d, 'offender'), side(d, 'victim')]
  const who = offenders.length === 1 && offenders[0] ? nameOf(offenders[0]) : undefined
  return {
    name: visible(who ? `${d.title} by ${who}` : d.title, 120),
    enabled: true,
    match: { types: [d.type], offender: filterOf(offenders), victim: filterOf(victims) },
  }
}

const side = (d: Detection, role: Participant['role']) => (d.participants ?? []).filter((p) => p.role === role)
const nameOf = (p: Participant) => p.hostname || p.address || p.user || p.device || 'somebody'

/** Names participants by what stays the same the longest: the instance, the name of a host outside, the device, the address. */
export function filterOf(all: readonly Participant[]): ParticipantFilter | undefined {
  if (all.length === 0 || all.length > most) return undefined
  const ways: [keyof ParticipantFilter, (p: Participant) => string | undefined][] = [
    ['instances', (p) => p.instance],
    ['hostnames', (p) => (p.external ? p.hostname : undefined)],
    ['devices', (p) => (p.external ? undefined : p.device)],
    ['addresses', (p) => p.address],
    ['users', (p) => p.user],
  ]
  // One way for all of them: members of a filter must all hold, so that two ways would mean nobody.
  for (const [list, of] of ways) {
    const values = all.map(of)
    if (values.every((v): v is string => !!v)) return { [list]: [...new Set(values)] }
  }
  return undefined
}
