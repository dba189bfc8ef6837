// A filter in words: what a rule is about, for lists, and for whoever decides whether to keep it.
import type { DetectionFilter, ParticipantFilter } from '../api/names'

/** One thing that a filter asks for: any of the values, or all of them where `all` says so. */
export interface Asked {
  what: string
  values: string[]
  all?: boolean
}

const names: Partial<Record<keyof DetectionFilter, string>> = {
  types: 'Type', categories: 'Category', tactics: 'Tactic', techniques: 'Technique', bands: 'Band', statuses: 'Status', resolutions: 'Resolution',
  assignees: 'Assignee', sensors: 'Sensor', vnis: 'VNI', ids: 'Detection', text: 'Text', min_score: 'Risk at least', max_score: 'Risk at most',
  from: 'Started from', to: 'Started before', updated_from: 'Active from', updated_to: 'Active before', modified_from: 'Changed from', ongoing: 'Goes on',
}

const partNames: Record<keyof ParticipantFilter, string> = {
  devices: 'device', addresses: 'address', hostnames: 'host name', vpcs: 'VPC', accounts: 'account', interfaces: 'interface', instances: 'instance',
  users: 'user', tags: 'tag', ports: 'port', external: 'outside',
}

const empty: Partial<Record<string, string>> = { assignees: 'nobody', resolutions: 'none' }

/** Says what a filter asks for, one entry a member; nothing for a filter that means everything. */
export function asked(f: DetectionFilter): Asked[] {
  const out: Asked[] = []
  for (const [key, name] of Object.entries(names) as [keyof DetectionFilter, string][]) {
    const values = written(f[key]).map((v) => v || (empty[key] ?? 'none'))
    if (values.length > 0) out.push({ what: name, values })
  }
  out.push(...party('Participant', f.participant), ...party('Offender', f.offender), ...party('Victim', f.victim))
  for (const n of f.not ?? []) out.push(...asked(n).map((a) => ({ ...a, what: `Not: ${a.what}` })))
  return out
}

function party(role: string, p: ParticipantFilter | undefined): Asked[] {
  if (!p) return []
  return (Object.entries(partNames) as [keyof ParticipantFilter, string][]).flatMap(([key, name]) => {
    const values = key === 'tags' ? Object.entries(p.tags ?? {}).map(([k, v]) => `${k}=${v}`) : written(p[key])
    return values.length > 0 ? [{ what: `${role} ${name}`, values, ...(key === 'tags' && { all: true }) }] : []
  })
}

function written(v: unknown): string[] {
  if (Array.isArray(v)) return v.map(String)
  if (typeof v === 'boolean') return [v ? 'yes' : 'no']
  return v === undefined || v === '' || v === 0 ? [] : [String(v)]
}

/** Whether a filter leaves nothing out: as the API has it, which refuses a rule that hides everything. */
export const isEverything = (f: DetectionFilter): boolean => asked(f).length === 0
