// What the filter bar offers: every place of a filter as a property of Cloudscape's PropertyFilter.
import Textarea from '@cloudscape-design/components/textarea'
import type { PropertyFilterProps } from '@cloudscape-design/components/property-filter'
import type { ReactNode } from 'react'
import { visible } from '../ui/Wire'
import { isListed, negated, otherwise, split, wholeOf } from './filter'
import { slots, type Role, type Slot } from './slots'
import { filterWords, type Naming } from './words'

type Property = PropertyFilterProps.FilteringProperty

const labels: Record<string, string> = {
  type: 'Type',
  category: 'Category',
  tactic: 'Tactic',
  technique: 'Technique',
  band: 'Risk band',
  score: 'Risk',
  status: 'Status',
  resolution: 'Resolution',
  assignee: 'Assignee',
  ongoing: 'Ongoing',
  sensor: 'Sensor',
  vni: 'VNI',
  id: 'Id',
  start: 'Started',
  update: 'Last active',
  modified: 'Last changed',
  hidden: 'Hidden by a rule',
  [otherwise]: 'Leave out',
}

const roles: Record<Role, string> = { offender: 'Offender', victim: 'Victim', participant: 'Anybody' }

const partyLabels: Record<string, string> = {
  device: 'device',
  address: 'address',
  host: 'host name',
  user: 'user',
  vpc: 'VPC',
  account: 'account',
  interface: 'interface',
  instance: 'instance',
  port: 'port',
  tag: 'tag',
  external: 'from outside',
}

/** What a place is called in the filter bar. */
export function labelOf(s: Pick<Slot, 'key' | 'role'>): string {
  if (!s.role) return labels[s.key] ?? s.key
  return `${roles[s.role]} ${partyLabels[s.key.slice(s.role.length + 1)] ?? ''}`
}

export const groups: PropertyFilterProps.GroupText[] = Object.entries(roles).map(([group, label]) => ({
  group,
  properties: label,
  values: `${label}: values`,
}))

/** Gives the properties; those named are left out. */
export function properties(without: readonly string[], names: Naming): Property[] {
  const keys = [...new Set(slots.map((s) => s.key))].filter((k) => k !== '' && !without.includes(k))
  const all = keys.map((key) =>
    property(
      slots.filter((s) => s.key === key),
      names,
    ),
  )
  return without.includes(otherwise) ? all : [...all, leftOut(names)]
}

function property(own: Slot[], names: Naming): Property {
  const [first] = own
  const key = first?.key ?? ''
  const operators = own.flatMap((s) => [s.op, negated(s)]).filter((o) => o !== undefined)
  return {
    key,
    propertyLabel: first ? labelOf(first) : key,
    groupValuesLabel: `${first ? labelOf(first) : key}: values`,
    group: first?.role,
    defaultOperator: first?.op,
    operators: operators.map((operator) => ({
      operator,
      tokenType: isListed(key) ? 'enum' : 'value',
      format: (v: unknown) => formatted(key, v, names, first?.several),
    })),
  }
}

function formatted(key: string, v: unknown, names: Naming, several = false): string {
  if (Array.isArray(v)) return v.map((x) => names(key, String(x))).join(', ')
  const text = String(v ?? '')
  return several
    ? split(text)
        .map((x) => names(key, x))
        .join(', ')
    : names(key, text)
}

// A filter within the filter: said as a sentence, and changed as what it is.
function leftOut(names: Naming): Property {
  return {
    key: otherwise,
    propertyLabel: labels[otherwise] ?? '',
    groupValuesLabel: 'Leave out',
    defaultOperator: '=',
    operators: [{ operator: '=', format: (v: unknown) => wholeWords(v, names), form: Whole }],
  }
}

function wholeWords(v: unknown, names: Naming): string {
  const f = wholeOf(String(v))
  return f
    ? filterWords(f, names)
        .replace(/^(All d|D)etections ?/, '')
        .replace(/\.$/, '') || 'everything'
    : visible(String(v), 100)
}

function Whole({ value, onChange }: PropertyFilterProps.ExtendedOperatorFormProps<string>): ReactNode {
  return (
    <Textarea
      ariaLabel="What is left out, as a filter of the API in JSON"
      value={value ?? ''}
      onChange={(e) => onChange(e.detail.value)}
      rows={4}
      spellcheck={false}
    />
  )
}
