// Values that the filter bar offers: those that the contract knows, the catalogue's, and those that detections have.
import type { PropertyFilterProps } from '@cloudscape-design/components/property-filter'
import { useMemo } from 'react'
import { api, told, type Schemas } from '../api/client'
import { useRead } from '../api/read'
import type { DetectionFilter, DetectionType } from '../api/names'
import { useMe } from '../state/me'
import { bands } from '../ui/Band'
import { visible } from '../ui/Wire'
import { categoryNames, resolutionWord, statusWord } from './names'
import { nobody, none, slots } from './slots'
import { isListed } from './filter'
import { usePeople } from './people'
import { useValues } from './values'
import { plainNames, type Naming } from './words'

type Option = PropertyFilterProps.FilteringOption
type By = Schemas['GroupBy']

/** The types of detections that there are; asked for once in a while, and not before `when`. */
export const useCatalogue = (when = true) => useRead(['catalogue'], (signal) => told(api.GET('/v1/catalogue', { signal })), { patience: 600_000, when })

/** Gives what values are called: types by their titles, once the catalogue was asked for, the rest as everywhere. */
export function useNames(when = true): Naming {
  const types = useCatalogue(when).data?.items
  return useMemo(() => {
    const titles = new Map(types?.map((t) => [t.type, t.title]))
    return (key, value) => (key === 'type' ? visible(titles.get(value) ?? value, 100) : plainNames(key, value))
  }, [types])
}

// What detections are grouped by to learn the values of a place.
const grouped: Record<string, By> = { assignee: 'assignee', sensor: 'sensor', vni: 'vni', tactic: 'tactic', technique: 'technique' }
const partyGrouped: Record<string, By> = { vpc: 'vpc', account: 'account' }
const ofDevices = ['device', 'address', 'host']

/** Says how to learn the values of a place; undefined: there is no way, or no need. */
export function learnedBy(key: string): By | undefined {
  const [role, of = ''] = key.split('.')
  if (role === undefined || !key.includes('.')) return grouped[key]
  return ofDevices.includes(of) ? (role === 'victim' ? 'victim' : 'offender') : partyGrouped[of]
}

export interface Suggestions {
  options: Option[]
  state: 'finished' | 'loading' | 'error'
  again: () => void
}

/** Gives the values to offer while the place `key` is filled in; those of the catalogue from `when` on. */
export function useSuggestions(key: string, value: DetectionFilter, when = true): Suggestions {
  const me = useMe()
  const names = useNames(when)
  const types = useCatalogue(when).data?.items
  const by = learnedBy(key)
  const groups = useValues(by)
  const people = usePeople(key === 'assignee')
  const learned = by ? groups.data?.items : undefined
  const options = useMemo(
    () => unique([...known(types ?? [], me.name, names), ...(learned ? seen(key, learned, names) : []), ...people.map((n) => option('assignee', n, names('assignee', n))), ...present(value, names)]),
    [types, me.name, names, learned, people, key, value],
  )
  const state = by && groups.state === 'loading' ? 'loading' : by && groups.state === 'failed' ? 'error' : 'finished'
  return { options, state, again: groups.again }
}

const option = (propertyKey: string, value: string, label?: string): Option => ({
  propertyKey,
  value,
  ...(label === undefined || label === value ? {} : { label }),
})

function known(types: readonly DetectionType[], me: string, names: Naming): Option[] {
  const both = ['yes', 'no']
  const of = (key: string, values: readonly string[]) => values.map((v) => option(key, v, names(key, v)))
  return [
    ...types.map((t) => ({ ...option('type', t.type, names('type', t.type)), filteringTags: [t.type] })),
    ...of('category', categoryNames),
    ...of('band', bands),
    ...of('status', Object.keys(statusWord)),
    ...of(
      'resolution',
      Object.keys(resolutionWord).map((r) => r || none),
    ),
    ...of(
      'tactic',
      types.flatMap((t) => t.tactics),
    ),
    ...of(
      'technique',
      types.flatMap((t) => t.techniques),
    ),
    option('assignee', me, `${visible(me, 64)} (me)`),
    option('assignee', nobody, 'nobody'),
    option('hidden', 'include', 'shown too'),
    option('hidden', 'only', 'nothing else'),
    ...slots.filter((s) => s.key === 'ongoing' || s.words === 'outside').flatMap((s) => of(s.key, both)),
  ]
}

/** Gives the values that detections have, as the groups of the API tell them. */
export function seen(key: string, groups: readonly Schemas['Group'][], names: Naming): Option[] {
  const of = key.split('.')[1]
  return groups
    .filter((g) => g.key !== '')
    .flatMap((g) => {
      const address = g.key.slice(g.key.lastIndexOf('/') + 1)
      if (of === 'address') return /^[0-9a-fA-F:.]+$/.test(address) ? [option(key, address)] : []
      if (of === 'host') return g.label !== g.key && g.label !== address ? [option(key, g.label)] : []
      if (of === 'device') return [option(key, g.key, g.label === g.key ? undefined : `${visible(g.label, 80)} (${visible(g.key, 60)})`)]
      return [option(key, g.key, names(key, g.key))]
    })
}

// What is chosen already is offered whether or not it is known: a value that the list did not have would be lost by the next change.
function present(f: DetectionFilter, names: Naming): Option[] {
  return [f, ...(f.not ?? [])].flatMap((x) =>
    slots.filter((s) => isListed(s.key)).flatMap((s) => s.get(x).map((v) => option(s.key, v, names(s.key, v)))),
  )
}

function unique(options: Option[]): Option[] {
  const have = new Map<string, Option>()
  for (const o of options) if (!have.has(`${o.propertyKey}\n${o.value}`)) have.set(`${o.propertyKey}\n${o.value}`, o)
  return [...have.values()]
}
